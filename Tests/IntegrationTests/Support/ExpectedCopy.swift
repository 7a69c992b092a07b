@testable import Traffic

/// What is to be found in a packet that a mirror has sent: the tunnel's rules (RFC 2784, RFC 2890,
/// draft-foschiano-erspan-03), written once more, apart from the code that they judge.
struct ExpectedCopy {
    /// What was mirrored, its tag put back; nil when it cannot be looked into.
    private(set) var frame: [UInt8]?
    private(set) var isTruncated = false
    /// What the link has put behind the packet.
    private(set) var padding: [UInt8] = []
    private(set) var hasThreeTags = false

    /// Nil when the packet is no copy of this session between these ends.
    init?(in packet: [UInt8], session: Int, remote: [UInt8], local: [UInt8]) {
        let link = LinkLayer(of: packet)
        let ip = link.payload
        guard link.type == EtherType.ipv4, ip.count >= 20, ip.byte(at: 0) >> 4 == 4 else { return nil }
        let header = ip.byte(at: 0) % 16 * 4
        let length = min(ip.word(at: 2), ip.count)
        let isCopy = ip.byte(at: 9) == 47 && Array(ip.dropFirst(12).prefix(8)) == remote + local
        guard isCopy, header >= 20, header < length, ip.word(at: 6) % 0x2000 == 0 else { return nil }
        let isFirstFragment = ip.word(at: 6) & 0x2000 != 0

        // The header's fields may be behind what belongs to the packet, but not behind what has come.
        var rest = ip.dropFirst(header)
        var left = length - header
        func skip(_ bytes: Int) {
            rest = rest.dropFirst(bytes)
            left -= bytes
        }
        guard rest.count >= 4 else { return nil }
        let (flags, type) = (rest.word(at: 0), rest.word(at: 2))
        let hasSequence = flags & 0x1000 != 0
        guard flags & 0x4c07 == 0 else { return nil }
        skip(4 + (flags & 0x8000 == 0 ? 0 : 4) + (flags & 0x2000 == 0 ? 0 : 4) + (hasSequence ? 4 : 0))
        guard rest.count >= 4 else { return nil }

        var (isFrame, tag) = (!isFirstFragment, 0)
        switch (type, hasSequence) {
        case (0x88be, false): break
        case (0x88be, true), (0x22eb, _):
            let isThird = type == 0x22eb
            guard rest.byte(at: 0) >> 4 == (isThird ? 2 : 1), rest.word(at: 2) % 1024 == session else { return nil }
            isTruncated = rest.word(at: 2) & 0x400 != 0
            if isThird {
                guard rest.count >= 12 else { return nil }
                isFrame = isFrame && rest.word(at: 10) >> 10 & 0x1f == 0
                skip(rest.word(at: 10) & 1 == 0 ? 12 : 20)
            } else {
                if rest.word(at: 2) >> 11 & 3 == 2 { tag = rest.word(at: 0) & 0xfff }
                skip(8)
            }
        default: return nil
        }
        guard left > 0 else { return nil }
        guard isFrame else { return }
        let bytes = Array(rest.prefix(left))
        let tags = tag == 0 ? [] : [UInt8].words(EtherType.customerTag, tag)
        frame = bytes.prefix(12) + tags + bytes.dropFirst(12)
        padding = Array(rest.dropFirst(left))
        hasThreeTags = tag != 0 && [12, 16].allSatisfy { bytes.count >= $0 + 2 && EtherType.isTag(bytes.word(at: $0)) }
    }
}
