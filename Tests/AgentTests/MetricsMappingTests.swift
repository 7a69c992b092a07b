import Domain
import OTLP
import Testing

@testable import Agent

@Suite("Metrics")
struct MetricsMappingTests {
    private static let jobs: Set<JobName> = [JobName("a")!, JobName("b")!]

    private func stream(_ job: String, _ packetClass: PacketClass = .ipv4, ifindex: UInt32? = nil) -> StreamID {
        StreamID(
            job: JobName(job)!, direction: .ingress, interface: "Ethernet0", ifindex: ifindex, packetClass: packetClass)
    }

    private func point(_ packets: UInt64, bytes: UInt64) -> StreamPoint {
        var counters = ClassCounters()
        counters.sizes[2] = packets
        counters.bytes = bytes
        return StreamPoint(start: UnixTime(nanoseconds: 7), counters: counters)
    }

    private func sums(_ metrics: [Metric]) -> [NumberPoint] {
        for case .sum(let points, true, .cumulative) in metrics.map(\.data) { return points }
        return []
    }

    @Test("a stream is a cumulative sum of packets and a histogram of sizes with the contract's attributes")
    func shape() throws {
        var mapping = MetricsMapping()
        let metrics = mapping.metrics(
            [stream("a"): point(5, bytes: 1000)], jobs: Self.jobs, now: UnixTime(nanoseconds: 9))
        #expect(metrics.map(\.name) == ["bpf.packets", "bpf.bytes"])
        #expect(metrics.map(\.unit) == ["{packet}", "By"])
        let sum = try #require(sums(metrics).first)
        #expect(sum.value == .int(5) && sum.start == 7 && sum.time == 9)
        #expect(
            sum.attributes == [
                Attribute("proto", "ipv4"), Attribute("network.interface.name", "Ethernet0"),
                Attribute("network.io.direction", "receive"), Attribute("telegen.job", "a"),
            ])
        guard case .histogram(let points, .cumulative) = metrics[1].data else {
            Issue.record("no histogram")
            return
        }
        #expect(points[0].count == 5 && points[0].sum == 1000)
        #expect(
            points[0].bucketCounts.reduce(0, +) == 5
                && points[0].bucketCounts.count == points[0].explicitBounds.count + 1)
    }

    @Test("the device's number is an attribute only when wanted")
    func ifindex() {
        #expect(stream("a", ifindex: 4).attributes.last == Attribute("ifindex", .int(4)))
    }

    @Test("a stream that ended is told once, after it had been delivered")
    func ended() {
        var mapping = MetricsMapping()
        let now = UnixTime(nanoseconds: 9)
        _ = mapping.metrics(
            [stream("a"): point(1, bytes: 1), stream("b"): point(1, bytes: 1)], jobs: Self.jobs, now: now)
        mapping.delivered()
        for _ in 1...2 {
            let ended = sums(mapping.metrics([stream("b"): point(2, bytes: 2)], jobs: Self.jobs, now: now)).filter(
                \.noRecordedValue)
            #expect(ended.count == 1)
        }
        mapping.delivered()
        #expect(sums(mapping.metrics([stream("b"): point(2, bytes: 2)], jobs: Self.jobs, now: now)).count == 1)
    }

    @Test("a stream that never arrived needs no end, so that an outage costs no memory")
    func neverDelivered() {
        var mapping = MetricsMapping()
        _ = mapping.metrics([stream("a"): point(1, bytes: 1)], jobs: Self.jobs, now: UnixTime(nanoseconds: 9))
        #expect(mapping.metrics([:], jobs: Self.jobs, now: UnixTime(nanoseconds: 10)).isEmpty)
    }

    @Test("when the port returns with another number its new stream starts at zero, and nothing is told twice")
    func renumbered() throws {
        var mapping = MetricsMapping()
        func told(_ id: StreamID, _ packets: UInt64, at time: UInt64) -> NumberPoint? {
            let now = UnixTime(nanoseconds: time)
            let metrics = mapping.metrics([id: point(packets, bytes: packets)], jobs: Self.jobs, now: now)
            mapping.delivered()
            return sums(metrics).first { !$0.noRecordedValue }
        }
        let first = try #require(told(stream("a", ifindex: 4), 100, at: 10))
        #expect(first.start == 7 && first.value == .int(100))
        let second = try #require(told(stream("a", ifindex: 5), 130, at: 20))
        #expect(second.start == 10 && second.value == .int(30))
        let third = try #require(told(stream("a", ifindex: 5), 150, at: 30))
        #expect(third.start == 10 && third.value == .int(50))
    }

    @Test("what did not arrive on the old stream is told on the new one")
    func outage() throws {
        var mapping = MetricsMapping()
        func told(_ ifindex: UInt32, _ packets: UInt64, at time: UInt64) -> NumberPoint? {
            let streams = [stream("a", ifindex: ifindex): point(packets, bytes: packets)]
            let metrics = mapping.metrics(streams, jobs: Self.jobs, now: UnixTime(nanoseconds: time))
            return sums(metrics).first { !$0.noRecordedValue }
        }
        _ = told(4, 100, at: 10)
        mapping.delivered()
        _ = told(4, 150, at: 20)
        let next = try #require(told(5, 180, at: 30))
        #expect(next.start == 10 && next.value == .int(80))
    }
}
