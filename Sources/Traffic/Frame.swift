/// A frame to send: its bytes, how the kernel is to cut it up, and what a correct counter makes of it.
public struct Frame: Hashable, Sendable {
    /// Readable and unique in the corpus, such as `ipv4-udp-1514`.
    public let name: String
    /// From the Ethernet header on, tags included.
    public let bytes: [UInt8]
    /// Set when the kernel is to make several wire packets of this frame.
    public let offload: Offload?
    public let expectation: ExpectedCount

    public init(name: String, bytes: [UInt8], offload: Offload? = nil) {
        self.name = name
        self.bytes = bytes
        self.offload = offload
        self.expectation = ExpectedCount(of: bytes, offload: offload)
    }

    public var headers: ExpectedHeaders { ExpectedHeaders(of: bytes) }

    /// What stands in the EtherType's place.
    var outerType: Int { bytes.word(at: 12) }

    /// The smallest MTU of a device that sends this frame. As in the kernel, one 802.1Q tag does not count.
    public var minimumMTU: Int {
        let longest = expectation.wireLengths.max() ?? 0
        return max(0, longest - Ethernet.headerLength - (outerType == EtherType.customerTag ? 4 : 0))
    }

    /// Whether a veth's receiving side shows the frame to anybody: the kernel takes the outer tag off first, and drops
    /// a frame that has fewer than two bytes behind it.
    public var reachesPeer: Bool { !EtherType.isTag(outerType) || bytes.count >= Ethernet.headerLength + 6 }
}

/// Generic segmentation: the kernel, or the device, cuts the payload into wire packets that repeat the headers.
public struct Offload: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case tcp4
        case tcp6
        case udp
    }

    public let kind: Kind
    /// Payload bytes in each wire packet but the last.
    public let segmentSize: Int
    /// Where the transport header begins.
    public let transportStart: Int

    public init(_ kind: Kind, segmentSize: Int, transportStart: Int) {
        self.kind = kind
        self.segmentSize = segmentSize
        self.transportStart = transportStart
    }

    /// The bytes of headers that each wire packet repeats.
    func headerLength(in bytes: [UInt8]) -> Int {
        switch kind {
        case .udp: transportStart + Transport.udpHeaderLength
        case .tcp4, .tcp6: transportStart + Int(bytes[transportStart + 12] >> 4) * 4
        }
    }

    /// The length of every wire packet that `bytes` becomes.
    func wireLengths(of bytes: [UInt8]) -> [Int] {
        let header = headerLength(in: bytes)
        return stride(from: header, to: max(bytes.count, header + 1), by: segmentSize).map {
            header + min(segmentSize, bytes.count - $0)
        }
    }
}
