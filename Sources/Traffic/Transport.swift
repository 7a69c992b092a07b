/// IP protocol numbers.
enum Proto {
    static let icmp4 = 1
    static let igmp = 2
    static let tcp = 6
    static let udp = 17
    static let dccp = 33
    static let fragment = 44
    static let esp = 50
    static let icmp6 = 58
    static let none = 59
    static let ospf = 89
    static let pim = 103
    static let vrrp = 112
    static let sctp = 132
    static let udpLite = 136
}

/// Flags of a TCP header (RFC 9293).
struct TCPFlags: OptionSet {
    let rawValue: Int

    static let finish = TCPFlags(rawValue: 0x01)
    static let synchronize = TCPFlags(rawValue: 0x02)
    static let reset = TCPFlags(rawValue: 0x04)
    static let push = TCPFlags(rawValue: 0x08)
    static let acknowledge = TCPFlags(rawValue: 0x10)
}

/// Transport headers with their payload. `partial` leaves in the checksum field the pseudo header's sum, which is what a
/// sender that offloads writes there.
enum Transport {
    static let udpHeaderLength = 8
    static let tcpHeaderLength = 20
    /// Two no-operations and a time stamp.
    static let timestamps: [UInt8] = [1, 1, 8, 10] + .pattern(8)

    static func udp(
        _ family: InternetProtocol, from source: Int = 49153, to destination: Int = 4789, partial: Bool = false,
        _ payload: [UInt8]
    ) -> [UInt8] {
        let segment = [UInt8].words(source, destination, udpHeaderLength + payload.count, 0) + payload
        return checksummed(segment, family, Proto.udp, at: 6, partial)
    }

    static func tcp(
        _ family: InternetProtocol, from source: Int = 49152, to destination: Int = 443, flags: TCPFlags = .acknowledge,
        options: [UInt8] = [], partial: Bool = false, _ payload: [UInt8]
    ) -> [UInt8] {
        let words = (tcpHeaderLength + options.count) / 4
        let header = [UInt8].words(source, destination, 0x5447, 1, 0, 1, words << 12 | flags.rawValue, 0xffff, 0, 0)
        return checksummed(header + options + payload, family, Proto.tcp, at: 16, partial)
    }

    /// The same layout, with a coverage in the length's place: everything.
    static func udpLite(_ family: InternetProtocol, _ payload: [UInt8]) -> [UInt8] {
        checksummed([UInt8].words(49153, 4789, 0, 0) + payload, family, Proto.udpLite, at: 6, false)
    }

    static func icmp4(_ payload: [UInt8]) -> [UInt8] {
        var message = [UInt8].words(8 << 8, 0, 0x5447, 1) + payload
        message.put(word: ~message.checksum() & 0xffff, at: 2)
        return message
    }

    static func icmp6(type: Int = 128, _ payload: [UInt8]) -> [UInt8] {
        checksummed([UInt8].words(type << 8, 0, 0x5447, 1) + payload, .v6, Proto.icmp6, at: 2, false)
    }

    private static func checksummed(
        _ segment: [UInt8], _ family: InternetProtocol, _ proto: Int, at offset: Int, _ partial: Bool
    ) -> [UInt8] {
        var segment = segment
        let pseudo = family.pseudoHeaderChecksum(proto, length: segment.count)
        let sum = ([UInt8].words(pseudo) + (partial ? [] : segment)).checksum()
        segment.put(word: partial ? sum : ~sum & 0xffff, at: offset)
        return segment
    }
}
