import Traffic

/// An IP packet taken apart for the tests, from a frame that carries one unbroken behind any number of tags.
struct Layers {
    let version: Int
    let packet: ArraySlice<UInt8>
    let header: ArraySlice<UInt8>
    /// Behind IPv4's options or IPv6's fixed header.
    let payload: ArraySlice<UInt8>
    let proto: Int
    let isFragment: Bool
    let statedLength: Int

    /// Source, destination, protocol and length.
    var pseudoHeader: [UInt8] {
        let addresses = version == 4 ? header.dropFirst(12).prefix(8) : header.dropFirst(8).prefix(32)
        return addresses + [0, UInt8(proto)] + [24, 16, 8, 0].map { UInt8(payload.count >> $0 & 0xff) }
    }

    /// The bytes under the transport checksum, when they are all here.
    var checksummed: [UInt8]? {
        guard !isFragment, statedLength == packet.count else { return nil }
        switch (version, proto) {
        case (4, 1): return payload.count >= 8 ? Array(payload) : nil
        case (_, 6): return payload.count >= 20 ? pseudoHeader + payload : nil
        case (_, 17), (6, 58): return payload.count >= 8 && payload.contains { $0 != 0 } ? pseudoHeader + payload : nil
        default: return nil
        }
    }
}

extension Frame {
    /// Nil when there is no whole IP header where the EtherType says so.
    var layers: Layers? {
        guard !expectation.isMalformed else { return nil }
        var rest = bytes.dropFirst(12)
        while let type = rest.bigEndian(0), [0x8100, 0x88a8].contains(type) { rest = rest.dropFirst(4) }
        let packet = rest.dropFirst(2)
        switch rest.bigEndian(0) {
        case 0x0800:
            let length = Int(packet.first ?? 0) % 16 * 4
            return Layers(
                version: 4, packet: packet, header: packet.prefix(length), payload: packet.dropFirst(length),
                proto: packet.byte(9), isFragment: packet.bigEndian(6).map { $0 & 0x3fff != 0 } ?? false,
                statedLength: packet.bigEndian(2) ?? 0)
        case 0x86dd:
            return Layers(
                version: 6, packet: packet, header: packet.prefix(40), payload: packet.dropFirst(40),
                proto: packet.byte(6), isFragment: false, statedLength: 40 + (packet.bigEndian(4) ?? 0))
        default: return nil
        }
    }
}

extension ArraySlice<UInt8> {
    func byte(_ offset: Int) -> Int { Int(self[startIndex + offset]) }

    func bigEndian(_ offset: Int) -> Int? { count > offset + 1 ? byte(offset) << 8 | byte(offset + 1) : nil }
}

extension [UInt8] {
    /// 0xffff for bytes that contain their own checksum.
    var onesComplementSum: Int {
        var sum = stride(from: 0, to: count, by: 2).reduce(0) {
            $0 + Int(self[$1]) << 8 + ($1 + 1 < count ? Int(self[$1 + 1]) : 0)
        }
        while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
        return sum
    }
}
