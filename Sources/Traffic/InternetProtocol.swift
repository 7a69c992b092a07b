/// The two versions of IP, with the addresses that the corpus uses.
enum InternetProtocol: String {
    case v4 = "ipv4"
    case v6 = "ipv6"

    static let both: [InternetProtocol] = [.v4, .v6]

    var etherType: Int { self == .v4 ? EtherType.ipv4 : EtherType.ipv6 }
    /// Without options and extension headers.
    var headerLength: Int { self == .v4 ? 20 : 40 }

    /// Source and destination, from the blocks reserved for documentation.
    var addresses: [UInt8] {
        switch self {
        case .v4: [192, 0, 2, 1, 198, 51, 100, 1]
        case .v6: [UInt8].words(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1, 0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)
        }
    }

    /// The sum of the pseudo header that transport checksums begin with.
    func pseudoHeaderChecksum(_ proto: Int, length: Int) -> Int {
        (addresses + [UInt8].words(0, proto, length >> 16, length & 0xffff)).checksum()
    }

    func packet(_ proto: Int, typeOfService: Int = 0, _ payload: [UInt8]) -> [UInt8] {
        switch self {
        case .v4: IPv4.packet(proto, typeOfService: typeOfService, payload)
        case .v6: IPv6.packet(next: proto, trafficClass: typeOfService, payload)
        }
    }
}

enum IPv4 {
    /// A packet with a valid header checksum. `fragment` is the word of flags and offset; `totalLength` overrides the
    /// true one.
    static func packet(
        _ proto: Int, typeOfService: Int = 0, options: [UInt8] = [], fragment: Int = 0x4000, totalLength: Int? = nil,
        _ payload: [UInt8]
    ) -> [UInt8] {
        let headerLength = 20 + options.count
        var header = [UInt8].words(
            0x4000 | (headerLength / 4) << 8 | typeOfService, totalLength ?? headerLength + payload.count, 0x1234,
            fragment, 64 << 8 | proto, 0)
        header += InternetProtocol.v4.addresses + options
        header.put(word: ~header.checksum() & 0xffff, at: 10)
        return header + payload
    }
}

enum IPv6 {
    /// A packet of `payload` behind `headers`; `payloadLength` overrides the true one.
    static func packet(
        _ headers: [ExtensionHeader] = [], next: Int, trafficClass: Int = 0, payloadLength: Int? = nil,
        _ payload: [UInt8]
    ) -> [UInt8] {
        var behind: [UInt8] = []
        for (index, header) in headers.enumerated() {
            let following = index + 1 < headers.count ? headers[index + 1].type : next
            behind += [UInt8(following)] + header.body
        }
        behind += payload
        let first = headers.first?.type ?? next
        return [UInt8].words(
            0x6000 | trafficClass << 4, 0x1234, payloadLength ?? behind.count, first << 8 | 64)
            + InternetProtocol.v6.addresses + behind
    }
}

/// An IPv6 extension header: its type, and its bytes behind the first, which names the next header.
struct ExtensionHeader {
    let type: Int
    let body: [UInt8]

    static let hopByHop = options(0, length: 8)
    static let destination = options(60, length: 8)
    /// Segments left 0, one address.
    static let routing = ExtensionHeader(type: 43, body: [2, 4, 0] + [UInt8](repeating: 0, count: 20))
    /// 12 bytes of integrity check value.
    static let authentication = ExtensionHeader(type: 51, body: [4, 0, 0] + .pattern(20))

    /// Hop-by-hop (0) or destination (60) options, `length` bytes of padding in all.
    static func options(_ type: Int, length: Int) -> ExtensionHeader {
        var body: [UInt8] = [UInt8(length / 8 - 1)]
        var padding = length - 2
        while padding > 0 {
            let option = min(padding, 257)
            body += option == 1 ? [0] : [1, UInt8(option - 2)] + [UInt8](repeating: 0, count: option - 2)
            padding -= option
        }
        return ExtensionHeader(type: type, body: body)
    }

    /// `offset` in units of 8 bytes.
    static func fragment(offset: Int, more: Bool) -> ExtensionHeader {
        ExtensionHeader(type: 44, body: [0] + [UInt8].words(offset << 3 | (more ? 1 : 0), 0x5447, 0x0001))
    }
}
