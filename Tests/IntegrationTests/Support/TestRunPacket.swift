@testable import Traffic

/// A packet for BPF_PROG_TEST_RUN, and what is to be found in it.
struct TestPacket: Sendable {
    let bytes: [UInt8]
    let headers: ExpectedHeaders
    /// Of a mirror's packet: what is in it, and there is to be counted; nil when nothing is.
    var copy: ExpectedCopy?
    /// Set when the kernel is to make several wire packets of it.
    let offload: Offload?
    /// Whether the kernel is told how many; it is not always.
    var saysSegments = false
    /// How many bytes are in the linear part; nil: all.
    var linear: Int?

    var wireLengths: [Int] { offload?.wireLengths(of: bytes) ?? [copy?.frame?.count ?? bytes.count] }

    /// A frame, made fit to be run: filled up or cut off, and a cut IP header stands behind a tag.
    init(frame: [UInt8], offload: Offload? = nil) {
        let padding = [UInt8](repeating: 0, count: max(0, TestRun.sizes.lowerBound - frame.count))
        let filled = frame.prefix(TestRun.sizes.upperBound - 4) + padding
        let tag = TestRun.takes(Array(filled)) ? [] : [UInt8].words(EtherType.customerTag, 100)
        bytes = filled.prefix(12) + tag + filled.dropFirst(12)
        headers = ExpectedHeaders(of: bytes)
        self.offload = offload
    }

    /// A frame for a veth, of `count` bytes; nil when the other side would not see it.
    init?(sent frame: [UInt8], count: Int) {
        bytes = Array(Ethernet.frame(0, []).prefix(12) + frame.prefix(count).dropFirst(12))
        guard Frame(name: "", bytes: bytes).reachesPeer else { return nil }
        headers = ExpectedHeaders(of: bytes)
        offload = nil
    }

    /// A packet for a sink; nil when what is in it has headers that belong to nobody: a frame without an Ethernet header,
    /// one whose headers go on where the tunnel's packet does not, or three tags of which one was taken out.
    init?(tunnel packet: [UInt8], with copy: ExpectedCopy?) {
        guard TestRun.sizes.contains(packet.count), TestRun.takes(packet) else { return nil }
        let frame = copy?.frame ?? packet
        guard frame.count >= 14 else { return nil }
        headers = ExpectedHeaders(of: frame)
        if let copy, copy.hasThreeTags || ExpectedHeaders(of: frame + copy.padding) != headers { return nil }
        (bytes, self.copy, offload) = (packet, copy, nil)
    }

    private init(packet: [UInt8], type: Int, offload: Offload?) {
        bytes = packet
        headers = ExpectedHeaders(packet: packet, type: type)
        self.offload = offload
    }

    /// The same packet as a device without an Ethernet header has it; nil when there is too little of it to be run.
    ///
    /// The kernel takes the packet's type from the bytes 12 and 13, as if there were such a header. They become the type
    /// therefore; in IP they belong to the source address.
    var withoutLink: TestPacket? {
        let link = LinkLayer(of: bytes)
        guard link.payload.count >= TestRun.sizes.lowerBound, link.type >= 1536 else { return nil }
        var packet = Array(link.payload)
        packet.put(word: link.type, at: 12)
        guard TestRun.takes(packet) else { return nil }
        let offload = offload.map {
            Offload(
                $0.kind, segmentSize: $0.segmentSize, transportStart: $0.transportStart - bytes.count + packet.count)
        }
        var stripped = TestPacket(packet: packet, type: link.type, offload: offload)
        stripped.saysSegments = saysSegments
        stripped.linear = linear.map { min($0, packet.count) }
        return stripped
    }
}

extension TestPacket: CustomStringConvertible {
    var description: String {
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let cut = offload.map { ", in segments of \($0.segmentSize)" } ?? ""
        return "\(digits) (\(bytes.count) bytes, \(linear ?? bytes.count) linear\(cut))"
    }
}
