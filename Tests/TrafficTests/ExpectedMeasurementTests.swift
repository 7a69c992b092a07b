import Testing

@testable import Traffic

@Suite("What a job must measure")
struct ExpectedMeasurementTests {
    private static let mix = TrafficMix(frames: Corpus.frames)

    @Test("Without a filter the tally is the sender's")
    func tally() {
        let counts = Self.mix.counts(ofFirst: 3000)
        let measurement = ExpectedMeasurement(of: Self.mix, count: 3000)
        #expect(measurement.tally == Tally(of: Self.mix.frames, counts: counts))
        #expect(measurement.filtered == 0)
    }

    @Test("What the filter leaves out is in `filtered`, by wire packets, and nowhere else")
    func filtered() {
        var rule = FilterRule()
        rule.protocols = [17]
        let all = ExpectedMeasurement(of: Self.mix, count: 3000)
        let some = ExpectedMeasurement(filter: rule, of: Self.mix, count: 3000)
        #expect(some.tally.packets > 0 && some.filtered > 0)
        #expect(some.tally.packets + some.filtered == all.tally.packets)
        #expect(some.tally.malformed == 0 && some.tally.other.packets == 0)
        #expect(some.qos.tcpFlags.allSatisfy { $0 == 0 } && some.flows.keys.allSatisfy { $0.proto == 17 })
    }

    @Test("Every IP packet has a type of service and a flow")
    func sums() {
        let measurement = ExpectedMeasurement(of: Self.mix, count: 3000)
        let flows = measurement.flows.values.reduce(into: ExpectedVolume()) { $0 += $1 }
        let isIP = { (frame: Frame) in frame.headers.ip != nil }
        let ip = Tally(
            of: Self.mix.frames,
            counts: zip(Self.mix.frames, Self.mix.counts(ofFirst: 3000)).map { isIP($0) ? $1 : 0 })
        #expect(flows == ExpectedVolume(packets: ip.packets, bytes: ip.bytes))
        #expect(measurement.qos.typeOfService.reduce(0, +) == ip.packets)
    }

    @Test("A segmented frame is as many packets as it becomes, but has its flags once")
    func segments() throws {
        var measurement = ExpectedMeasurement()
        let frame = try #require(Corpus["tso-vlan-ipv4"])
        measurement.add(frame, times: 2)
        let packets = UInt64(2 * frame.expectation.wireLengths.count)
        #expect(packets > 2)
        #expect(measurement.qos.typeOfService[0] == packets && measurement.qos.tcpFlags[0] == 2)
        #expect(measurement.flows.values.map(\.packets) == [packets])
        #expect(measurement.flows.values.map(\.bytes) == [measurement.tally.bytes])
    }

    @Test("Flows of fragments have no ports, those of both directions are two")
    func flows() throws {
        var measurement = ExpectedMeasurement()
        for name in ["ipv4-fragment-first-dns", "ipv4-fragment-middle", "ipv4-fragment-last", "ipv4-udp-64"] {
            measurement.add(try #require(Corpus[name]))
        }
        measurement.add(try #require(Corpus["ipv4-reply-udp"]))
        let ports = measurement.flows.map { [$0.key.sourcePort, $0.key.destinationPort, Int($0.value.packets)] }
        #expect(Set(ports) == [[49153, 53, 1], [0, 0, 2], [49153, 4789, 1], [4789, 49153, 1]])
    }
}
