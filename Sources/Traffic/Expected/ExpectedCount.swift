/// What a correct counter makes of a frame: the contract's rules ("Counting"), apart from the code that they judge.
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

    public init(_ headers: ExpectedHeaders, wireLengths: [Int]) {
        self.init(
            packetClass: headers.packetClass, wireLengths: wireLengths, isMalformed: headers.isMalformed)
    }

    /// Reads any frame of at least an Ethernet header's 14 bytes.
    public init(of bytes: [UInt8], offload: Offload? = nil) {
        self.init(ExpectedHeaders(of: bytes), wireLengths: offload?.wireLengths(of: bytes) ?? [bytes.count])
    }
}
