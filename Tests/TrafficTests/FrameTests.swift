import Testing

@testable import Traffic

@Suite("Frames")
struct FrameTests {
    @Test("Names are unique and can be found")
    func names() {
        #expect(Set(Corpus.frames.map(\.name)).count == Corpus.frames.count)
        #expect(Corpus["ipv4-udp-64"]?.bytes.count == 64)
        #expect(Corpus["ipv4"] == nil)
        #expect(Corpus.matching("ipv4-udp").allSatisfy { $0.name.hasPrefix("ipv4-udp-") })
        #expect(Corpus.matching("arp").map(\.name) == ["arp", "arp-padded"])
        #expect(Corpus.matching("ipv4-ud").isEmpty)
    }

    @Test("IPv4 header checksums are right", arguments: Corpus.frames.filter { $0.layers?.version == 4 })
    func headerChecksum(frame: Frame) throws {
        let layers = try #require(frame.layers)
        #expect(Array(layers.header).onesComplementSum == 0xffff)
    }

    @Test("Transport checksums are right", arguments: Corpus.frames.filter { $0.offload == nil && $0.layers != nil })
    func transportChecksum(frame: Frame) throws {
        let layers = try #require(frame.layers)
        guard let covered = layers.checksummed else { return }
        #expect(covered.onesComplementSum == 0xffff)
    }

    @Test("Segmented frames carry the pseudo header's sum", arguments: Corpus.segmented)
    func partialChecksum(frame: Frame) throws {
        let layers = try #require(frame.layers)
        let segment = Array(layers.payload)
        let offset = layers.proto == 6 ? 16 : 6
        #expect(segment.word(at: offset) == layers.pseudoHeader.onesComplementSum)
    }

    @Test("Lengths agree with the frame, except where the name says otherwise")
    func lengths() throws {
        for frame in Corpus.frames where !frame.name.contains("length-") && !frame.name.hasSuffix("padded") {
            guard let layers = frame.layers else { continue }
            #expect(layers.statedLength == layers.packet.count, "\(frame.name)")
        }
    }

    @Test("A frame's smallest MTU")
    func minimumMTU() throws {
        #expect(Corpus["ipv4-udp-9014"]?.minimumMTU == 9000)
        #expect(Corpus["vlan-ipv4-9018"]?.minimumMTU == 9000)
        #expect(Corpus["qinq-ipv4-1522"]?.minimumMTU == 1508)
        #expect(Corpus["tso-ipv4-exact"]?.minimumMTU == 1500)
        #expect(Corpus["malformed-ipv4-cut-0"]?.minimumMTU == 0)
    }

    @Test("A segmented frame's wire packets repeat its headers")
    func segments() {
        #expect(Corpus["tso-ipv4-two"]?.expectation.wireLengths == [1514, 55])
        #expect(Corpus["tso-ipv4-exact"]?.expectation.wireLengths == Array(repeating: 1514, count: 10))
        #expect(Corpus["tso-ipv4-options"]?.expectation.wireLengths.first == 1526)
        #expect(Corpus["tso-qinq-ipv6-short"] == nil)
        #expect(Corpus["tso-qinq-ipv6"]?.expectation.wireLengths.first == 14 + 8 + 40 + 20 + 1460)
        #expect(Corpus["uso-ipv4-short-last"]?.expectation.wireLengths == [1442, 1442, 43])
        let small = Offload(.udp, segmentSize: 1400, transportStart: 34)
        #expect(small.wireLengths(of: [UInt8](repeating: 0, count: 42)) == [42])
    }

    @Test("Padding options fill their header", arguments: [8, 16, 264, 1024, 2048])
    func paddingOptions(length: Int) {
        let header = ExtensionHeader.options(60, length: length)
        #expect(header.body.count == length - 1)
        #expect((Int(header.body[0]) + 1) * 8 == length)
    }
}
