import Domain
import OTLP
import Testing

@testable import Agent

@Suite("Metrics")
struct MetricsMappingTests {
    private static let jobs: Set<JobName> = [JobName("a")!, JobName("b")!]

    private func stream(
        _ job: String, _ metric: ExportedMetric = .packets, _ label: StreamLabel = .packetClass(.ipv4),
        ifindex: UInt32? = nil
    ) -> StreamID {
        let source = StreamID.Source(metric: metric, job: JobName(job)!, direction: .ingress, label: label)
        return StreamID(source: source, interface: "Ethernet0", ifindex: ifindex)
    }

    private func point(_ packets: UInt64, start: UInt64 = 7) -> StreamPoint {
        StreamPoint(start: UnixTime(nanoseconds: start), value: .sum(packets))
    }

    private func sums(_ metrics: [Metric]) -> [NumberPoint] {
        for case .sum(let points, true, .cumulative) in metrics.map(\.data) { return points }
        return []
    }

    private func metrics(
        _ mapping: inout MetricsMapping, _ streams: [StreamID: StreamPoint], at time: UInt64 = 9
    ) -> [Metric] {
        mapping.metrics(streams, jobs: Self.jobs, now: UnixTime(nanoseconds: time))
    }

    @Test("a stream is a cumulative sum of packets or a histogram of sizes with the contract's attributes")
    func shape() throws {
        var mapping = MetricsMapping()
        let sizes = StreamValue.histogram([0, 5] + Array(repeating: 0, count: 13), sum: 1000)
        let start = UnixTime(nanoseconds: 7)
        let metrics = metrics(
            &mapping, [stream("a"): point(5), stream("a", .bytes): StreamPoint(start: start, value: sizes)])
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
        #expect(points[0].count == 5 && points[0].sum == 1000 && points[0].start == 7)
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
        _ = metrics(&mapping, [stream("a"): point(1), stream("b"): point(1)])
        mapping.delivered()
        for _ in 1...2 {
            let ended = sums(metrics(&mapping, [stream("b"): point(2)])).filter(\.noRecordedValue)
            #expect(ended.count == 1)
        }
        mapping.delivered()
        #expect(sums(metrics(&mapping, [stream("b"): point(2)])).count == 1)
    }

    @Test("a stream that never arrived needs no end, so that an outage costs no memory")
    func neverDelivered() {
        var mapping = MetricsMapping()
        _ = metrics(&mapping, [stream("a"): point(1)])
        #expect(metrics(&mapping, [:], at: 10).isEmpty)
    }

    @Test("a gauge says what is now, since no time, and just stops")
    func gauge() {
        var mapping = MetricsMapping()
        let rate = StreamPoint(start: UnixTime(nanoseconds: 7), value: .gauge(.int(100)))
        let told = metrics(&mapping, [stream("a", .sampleRate, .none): rate])
        #expect(told.map(\.name) == ["telegen.job.sample_rate"])
        guard case .gauge(let points)? = told.first?.data else {
            Issue.record("no gauge")
            return
        }
        #expect(points.map(\.value) == [.int(100)] && points[0].start == 0 && points[0].time == 9)
        mapping.delivered()
        #expect(metrics(&mapping, [:]).isEmpty)
    }

    @Test("when the port returns with another number its new stream starts at zero, and nothing is told twice")
    func renumbered() throws {
        var mapping = MetricsMapping()
        func told(_ id: StreamID, _ packets: UInt64, at time: UInt64) -> NumberPoint? {
            let metrics = metrics(&mapping, [id: point(packets)], at: time)
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

    @Test("a distribution starts at zero on a new stream too")
    func renumberedSizes() throws {
        var mapping = MetricsMapping()
        var last: HistogramPoint?
        for (ifindex, sizes, sum) in [(4, [3, 1], 40), (5, [5, 1], 60)] as [(UInt32, [UInt64], UInt64)] {
            let point = StreamPoint(start: UnixTime(nanoseconds: 7), value: .histogram(sizes, sum: sum))
            let told = metrics(&mapping, [stream("a", .bytes, ifindex: ifindex): point])
            mapping.delivered()
            if case .histogram(let points, .cumulative)? = told.first?.data {
                last = points.first { !$0.noRecordedValue }
            }
        }
        #expect(last?.bucketCounts == [2, 0] && last?.sum == 20 && last?.count == 2)
    }

    @Test("what did not arrive on the old stream is told on the new one")
    func outage() throws {
        var mapping = MetricsMapping()
        func told(_ ifindex: UInt32, _ packets: UInt64, at time: UInt64) -> NumberPoint? {
            let metrics = metrics(&mapping, [stream("a", ifindex: ifindex): point(packets)], at: time)
            return sums(metrics).first { !$0.noRecordedValue }
        }
        _ = told(4, 100, at: 10)
        mapping.delivered()
        _ = told(4, 150, at: 20)
        let next = try #require(told(5, 180, at: 30))
        #expect(next.start == 10 && next.value == .int(80))
    }

    @Test("counts that begin anew within the tap's life are a new stream from where the last one stood")
    func fallen() throws {
        var mapping = MetricsMapping()
        _ = metrics(&mapping, [stream("a", .fragment, .none): point(100)], at: 10)
        mapping.delivered()
        for (packets, time) in [(UInt64(30), UInt64(20)), (45, 30)] {
            let next = try #require(
                sums(metrics(&mapping, [stream("a", .fragment, .none): point(packets)], at: time)).first)
            mapping.delivered()
            #expect(next.start == 10 && next.value == .int(Int64(packets)))
        }
    }

    @Test("counts that begin anew before the new stream has arrived do not go below zero")
    func fallenUnheard() throws {
        var mapping = MetricsMapping()
        _ = metrics(&mapping, [stream("a", ifindex: 4): point(100)], at: 10)
        mapping.delivered()
        _ = metrics(&mapping, [stream("a", ifindex: 5): point(120)], at: 20)
        let next = try #require(
            sums(metrics(&mapping, [stream("a", ifindex: 5): point(3)], at: 30)).first { !$0.noRecordedValue })
        #expect(next.start == 10 && next.value == .int(3))
    }

    @Test("a flow that leaves the report ends, and goes on where it was when it returns")
    func flowReturns() throws {
        var mapping = MetricsMapping()
        let flow = stream("a", .flowPackets, .flow(Snapshots.flow(1, packets: 0, score: 0).key))
        let others = [stream("a"): point(1)]
        var told: [Bool] = []
        for streams in [[flow: point(10, start: 8)], [:], [:], [flow: point(25, start: 8)]] {
            let metric = metrics(&mapping, streams.merging(others) { a, _ in a }).first {
                $0.name == "telegen.flow.packets"
            }
            mapping.delivered()
            guard case .sum(let points, _, _)? = metric?.data else { continue }
            told += points.map(\.noRecordedValue)
            if !points[0].noRecordedValue { #expect(points[0].start == 8) }
        }
        #expect(told == [false, true, false])
    }

    @Test("a flow whose port was away and returns with another number starts at zero")
    func flowRenumbered() throws {
        var mapping = MetricsMapping()
        let label = StreamLabel.flow(Snapshots.flow(1, packets: 0, score: 0).key)
        for streams in [[stream("a", .flowPackets, label, ifindex: 4): point(10)], [:], [:]] {
            _ = metrics(&mapping, streams)
            mapping.delivered()
        }
        let next = try #require(
            sums(metrics(&mapping, [stream("a", .flowPackets, label, ifindex: 5): point(25)], at: 40)).first)
        #expect(next.start == 9 && next.value == .int(15))
    }

    @Test(
        "a flow that was out of the report when its port got another number starts at zero, and nothing is told twice")
    func flowRenumberedAside() throws {
        var mapping = MetricsMapping()
        let label = StreamLabel.flow(Snapshots.flow(1, packets: 0, score: 0).key)
        let others = [stream("a"): point(1)]
        for flows in [[stream("a", .flowPackets, label, ifindex: 4): point(10)], [:], [:]] {
            _ = metrics(&mapping, others.merging(flows) { $1 })
            mapping.delivered()
        }
        let returned = others.merging([stream("a", .flowPackets, label, ifindex: 5): point(25)]) { $1 }
        let next = try #require(sums(metrics(&mapping, returned, at: 40).filter { $0.name.contains("flow") }).first)
        #expect(next.start == 9 && next.value == .int(15))
    }

    @Test("a flow that was forgotten and returns is a new stream")
    func flowAnew() throws {
        var mapping = MetricsMapping()
        let flow = stream("a", .flowPackets, .flow(Snapshots.flow(1, packets: 0, score: 0).key))
        _ = metrics(&mapping, [flow: point(10, start: 8)])
        mapping.delivered()
        let next = try #require(sums(metrics(&mapping, [flow: point(3, start: 30)], at: 40)).first)
        #expect(next.start == 30 && next.value == .int(3))
    }
}
