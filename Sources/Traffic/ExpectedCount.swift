/// What a correct counter makes of a frame: the contract's rules ("Counting"), written once more, as plainly as possible
/// and apart from the code that they judge.
public struct ExpectedCount: Hashable, Sendable {
    /// The raw value is the row of the kernel's tables.
    public enum PacketClass: Int, CaseIterable, Hashable, Sendable {
        case ipv4 = 0
        case ipv6 = 1
        case icmp6 = 2
        case other = 3
    }

    public let packetClass: PacketClass
    /// The length of each wire packet, in order: several when the frame is segmented.
    public let wireLengths: [Int]
    /// Whether each of them counts as a parse error too.
    public let isMalformed: Bool

    public init(packetClass: PacketClass, wireLengths: [Int], isMalformed: Bool) {
        self.packetClass = packetClass
        self.wireLengths = wireLengths
        self.isMalformed = isMalformed
    }

    /// Reads any frame of at least an Ethernet header's 14 bytes.
    public init(of bytes: [UInt8], offload: Offload? = nil) {
        (packetClass, isMalformed) = Self.classify(bytes)
        wireLengths = offload?.wireLengths(of: bytes) ?? [bytes.count]
    }

    private static func classify(_ bytes: [UInt8]) -> (PacketClass, isMalformed: Bool) {
        var type = bytes.word(at: 12)
        var rest = bytes.dropFirst(Ethernet.headerLength)
        for _ in 0..<2 where EtherType.isTag(type) {
            guard rest.count >= 4 else { return (.other, true) }
            type = rest.word(at: 2)
            rest = rest.dropFirst(4)
        }
        switch type {
        case EtherType.ipv4: return (.ipv4, !isIPv4Header(rest))
        case EtherType.ipv6: return classifyIPv6(rest)
        default: return (.other, false)
        }
    }

    private static func isIPv4Header(_ packet: ArraySlice<UInt8>) -> Bool {
        guard packet.count >= 20, let first = packet.first else { return false }
        let headerLength = Int(first & 0xf) * 4
        return first >> 4 == 4 && headerLength >= 20 && headerLength <= packet.count
    }

    private static func classifyIPv6(_ packet: ArraySlice<UInt8>) -> (PacketClass, isMalformed: Bool) {
        guard packet.count >= 40, let first = packet.first, first >> 4 == 6 else { return (.ipv6, true) }
        var next = Int(packet[packet.startIndex + 6])
        var rest = packet.dropFirst(40)
        var headers = 0
        var isLaterFragment = false
        while !isLaterFragment, isExtensionHeader(next) {
            headers += 1
            guard headers <= 8, let length = extensionLength(next, rest) else { return (.ipv6, true) }
            isLaterFragment = next == 44 && rest.word(at: 2) >> 3 != 0
            next = Int(rest[rest.startIndex])
            rest = rest.dropFirst(length)
        }
        return (next == Proto.icmp6 ? .icmp6 : .ipv6, false)
    }

    /// Hop-by-hop, routing, fragment, authentication, destination options, mobility, host identity, shim6.
    private static func isExtensionHeader(_ number: Int) -> Bool {
        [0, 43, 44, 51, 60, 135, 139, 140].contains(number)
    }

    /// Nil when the header does not fit.
    private static func extensionLength(_ number: Int, _ rest: ArraySlice<UInt8>) -> Int? {
        guard rest.count >= 8 else { return nil }
        let units = Int(rest[rest.startIndex + 1])
        let length =
            switch number {
            case 44: 8
            case 51: (units + 2) * 4
            default: (units + 1) * 8
            }
        return length <= rest.count ? length : nil
    }
}
