@testable import Traffic

/// Headers put together at random.
extension PacketGenerator {
    mutating func assembled() -> [UInt8] {
        var frame = Ethernet.frame(0, []).prefix(12) + (0..<max(0, number(-2...3))).flatMap { _ in tag() }
        switch number(0...9) {
        case 0: frame += [UInt8].words(pick(Interesting.types)) + pick([[], [0x42]]) + bytes(0...40)
        case 1..<5: frame += [UInt8].words(EtherType.ipv4) + ipv4()
        default: frame += [UInt8].words(EtherType.ipv6) + ipv6()
        }
        if oneIn(3) { frame = frame.prefix(number(min(14, frame.count)...frame.count)) }
        return Array(frame)
    }

    private mutating func ipv4() -> [UInt8] {
        let words = oneIn(3) ? number(0...15) : 5
        let proto = pick(Interesting.protocols)
        return [UInt8(oneIn(30) ? number(0...255) : 0x40 | words)] + bytes(1...1)
            + [UInt8].words(number(0...1500), 0, fragment(), 64 << 8 | proto, 0) + address(4) + address(4)
            + bytes(max(0, words * 4 - 20)...max(0, words * 4 - 20)) + transport(proto)
    }

    /// The word of flags and offset.
    private mutating func fragment() -> Int {
        oneIn(3) ? pick([0x2000, 1, 0x2001, 0x1fff, 0x8000, number(0...65535)]) : 0x4000
    }

    private mutating func ipv6() -> [UInt8] {
        var headers: [Int] = []
        while headers.count < 11, !oneIn(headers.isEmpty ? 2 : 3) { headers.append(pick(Interesting.extensions)) }
        let last = pick(Interesting.protocols)
        let first = [UInt8(oneIn(30) ? number(0...255) : 0x60 | number(0...15))] + bytes(3...3)
        var packet =
            first + [UInt8].words(number(0...1500), (headers.first ?? last) << 8 | 64) + address(16) + address(16)
        for index in headers.indices {
            packet += extensionHeader(headers[index], before: index + 1 < headers.count ? headers[index + 1] : last)
        }
        return packet + transport(last)
    }

    private mutating func extensionHeader(_ type: Int, before next: Int) -> [UInt8] {
        let units = oneIn(10) ? number(0...255) : number(0...2)
        if type == Proto.fragment {
            let offset = oneIn(2) ? 0 : number(0...65535)
            return [UInt8(next), UInt8(units)] + [UInt8].words(offset) + bytes(4...4)
        }
        let length = type == 51 ? (units + 2) * 4 : (units + 1) * 8
        return [UInt8(next), UInt8(units)] + (oneIn(20) ? bytes(0...length) : bytes((length - 2)...(length - 2)))
    }

    /// Few different ones, so that there are flows and prefixes of more than one packet.
    private mutating func address(_ length: Int) -> [UInt8] {
        var address = [UInt8](repeating: 32, count: length)
        address[0] = UInt8(number(32...35))
        address[length - 1] = UInt8(number(0...3))
        return address
    }

    private mutating func transport(_ proto: Int) -> [UInt8] {
        var segment = bytes(0...32)
        guard segment.count >= 4 else { return segment }
        if proto == Proto.icmp6 {
            segment[0] = UInt8(pick([1, 128, 143, number(129...138)]))
        } else {
            segment.put(word: pick(Interesting.ports), at: 0)
            segment.put(word: pick(Interesting.ports), at: 2)
        }
        if segment.count > 8, oneIn(2) { segment[8] = 0x81 }
        return segment
    }

    /// What a sender with segmentation offload hands down.
    mutating func segmented() -> TestPacket {
        let tags: [VLANTag] = [.service(200), .customer(100)].suffix(number(0...2))
        let family = pick([InternetProtocol.v4, .v6])
        let isTCP = oneIn(2)
        let payload = bytes(1...2900)
        let options = isTCP && oneIn(2) ? Transport.timestamps : []
        let flags = TCPFlags(rawValue: number(0...31))
        let segment =
            isTCP
            ? Transport.tcp(family, to: pick(Interesting.ports), flags: flags, options: options, payload)
            : Transport.udp(family, to: pick(Interesting.ports), payload)
        let proto = isTCP ? Proto.tcp : Proto.udp
        let packet = family.packet(proto, typeOfService: number(0...255), segment)
        let frame = Ethernet.frame(family.etherType, tags: tags, packet)
        let kind: Offload.Kind = isTCP ? family == .v4 ? .tcp4 : .tcp6 : .udp
        let start = Ethernet.headerLength + 4 * tags.count + family.headerLength
        var whole = TestPacket(
            frame: frame, offload: Offload(kind, segmentSize: number(1...1460), transportStart: start))
        whole.saysSegments = oneIn(2)
        return whole
    }
}
