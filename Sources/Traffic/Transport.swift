/// IP protocol numbers.
enum Proto {
    static let icmp4 = 1
    static let tcp = 6
    static let udp = 17
    static let esp = 50
    static let icmp6 = 58
    static let none = 59
}

/// Transport headers with their payload. `partial` leaves in the checksum field the pseudo header's sum, which is what a
/// sender that offloads writes there.
enum Transport {
    static let udpHeaderLength = 8
    static let tcpHeaderLength = 20
    /// Two no-operations and a time stamp.
    static let timestamps: [UInt8] = [1, 1, 8, 10] + .pattern(8)

    static func udp(_ family: InternetProtocol, partial: Bool = false, _ payload: [UInt8]) -> [UInt8] {
        let segment = [UInt8].words(49153, 4789, udpHeaderLength + payload.count, 0) + payload
        return checksummed(segment, family, Proto.udp, at: 6, partial)
    }

    static func tcp(
        _ family: InternetProtocol, options: [UInt8] = [], partial: Bool = false, _ payload: [UInt8]
    ) -> [UInt8] {
        let words = (tcpHeaderLength + options.count) / 4
        let header = [UInt8].words(49152, 443, 0x5447, 1, 0, 1, words << 12 | 0x010, 0xffff, 0, 0)
        return checksummed(header + options + payload, family, Proto.tcp, at: 16, partial)
    }

    static func icmp4(_ payload: [UInt8]) -> [UInt8] {
        var message = [UInt8].words(8 << 8, 0, 0x5447, 1) + payload
        message.put(word: ~message.checksum() & 0xffff, at: 2)
        return message
    }

    static func icmp6(_ payload: [UInt8]) -> [UInt8] {
        checksummed([UInt8].words(128 << 8, 0, 0x5447, 1) + payload, .v6, Proto.icmp6, at: 2, false)
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
