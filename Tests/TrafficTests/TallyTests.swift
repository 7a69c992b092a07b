import Foundation
import Testing
import Traffic

@Suite("Tallies")
struct TallyTests {
    @Test("Buckets' upper bounds are inclusive")
    func buckets() {
        for (bucket, bound) in Tally.sizeBounds.enumerated() {
            var tally = Tally()
            tally.add(ExpectedCount(packetClass: .ipv6, wireLengths: [bound, bound + 1], isMalformed: false))
            #expect(tally.ipv6.sizes[bucket] == 1 && tally.ipv6.sizes[bucket + 1] == 1, "\(bound)")
        }
    }

    @Test("A segmented frame is one frame and many packets")
    func segments() {
        var tally = Tally()
        tally.add(ExpectedCount(packetClass: .ipv4, wireLengths: [1514, 1514, 60], isMalformed: false), times: 10)
        #expect(tally.frames == 10)
        #expect(tally.packets == 30)
        #expect(tally.bytes == 30_880)
        #expect(tally.ipv4.sizes[6] == 20 && tally.ipv4.sizes[0] == 10)
    }

    @Test("Malformed packets count in their class too")
    func malformed() {
        var tally = Tally()
        tally.add(ExpectedCount(packetClass: .other, wireLengths: [14], isMalformed: true), times: 3)
        #expect(tally.malformed == 3)
        #expect(tally[.other].packets == 3)
    }

    @Test("Sizes add up to packets, classes to totals")
    func sums() {
        let frames = Corpus.frames
        let tally = Tally(of: frames, counts: frames.indices.map { UInt64($0 % 7) })
        var packets = 0
        for packetClass in ExpectedCount.PacketClass.allCases {
            #expect(tally[packetClass].sizes.reduce(0, +) == tally[packetClass].packets)
        }
        for (index, frame) in frames.enumerated() { packets += index % 7 * frame.expectation.wireLengths.count }
        #expect(tally.packets == UInt64(packets))
        #expect(tally.packets == tally.ipv4.packets + tally.ipv6.packets + tally.icmp6.packets + tally.other.packets)
    }

    @Test("JSON there and back")
    func json() throws {
        let tally = Tally(of: Corpus.frames, counts: Corpus.frames.map { _ in 3 })
        #expect(try JSONDecoder().decode(Tally.self, from: JSONEncoder().encode(tally)) == tally)
    }
}
