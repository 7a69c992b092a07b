import Domain
import OTLP
import Testing

@testable import Agent

@Suite("The limit of a metric's streams")
struct CardinalityLimitTests {
    private static let jobs = Set(["a", "b", "c", "d"].map { JobName($0)! })

    private func stream(_ job: String, _ metric: ExportedMetric = .packets) -> StreamID {
        let source = StreamID.Source(metric: metric, job: JobName(job)!, direction: .ingress, label: .none)
        return StreamID(source: source, interface: "Ethernet0", ifindex: nil)
    }

    private func point(_ packets: UInt64, start: UInt64 = 10) -> StreamPoint {
        StreamPoint(start: UnixTime(nanoseconds: start), value: .sum(packets))
    }

    /// What is told of sums, by job; the overflow's is `*`. Those that have ended are left out.
    private func told(
        _ mapping: inout MetricsMapping, _ streams: [StreamID: StreamPoint], at time: UInt64,
        jobs: Set<JobName> = jobs, arrives: Bool = true
    ) -> [String: Int64] {
        let metrics = mapping.metrics(streams, jobs: jobs, now: UnixTime(nanoseconds: time))
        if arrives { mapping.delivered() }
        return Dictionary(uniqueKeysWithValues: metrics.flatMap(\.data.current).map { ($0.job, $0.number) })
    }

    @Test("as many streams as there may be are told one by one, and one more begins the overflow")
    func limit() throws {
        var mapping = MetricsMapping(limit: 2, start: UnixTime(nanoseconds: 5))
        let two = [stream("a"): point(1), stream("b"): point(2)]
        #expect(told(&mapping, two, at: 20) == ["a": 1, "b": 2])
        #expect(mapping.overflowing.isEmpty)
        let four = two.merging([stream("c"): point(4), stream("d"): point(8)]) { $1 }
        let metrics = mapping.metrics(four, jobs: Self.jobs, now: UnixTime(nanoseconds: 30))
        #expect(mapping.overflowing == [.packets])
        let overflow = try #require(metrics.first?.data.current.first { $0.job == "*" })
        #expect(
            overflow
                == NumberPoint(
                    attributes: [Attribute("otel.metric.overflow", .bool(true))], start: 20, time: 30, value: .int(12)))
        #expect(metrics.first?.data.pointCount == 3)
    }

    @Test("without a limit there is no overflow")
    func unlimited() {
        var mapping = MetricsMapping(limit: nil)
        let all = Dictionary(uniqueKeysWithValues: ["a", "b", "c", "d"].map { (stream($0), point(1)) })
        #expect(told(&mapping, all, at: 20).count == 4 && mapping.overflowing.isEmpty)
    }

    @Test("who began first comes first, then who is first by name")
    func order() {
        var mapping = MetricsMapping(limit: 2)
        let all = [
            stream("a"): point(1, start: 12), stream("b"): point(2, start: 11), stream("c"): point(4, start: 13),
            stream("d"): point(8, start: 12),
        ]
        #expect(told(&mapping, all, at: 20) == ["a": 1, "b": 2, "*": 12])
    }

    @Test("a free place is for who is new; who is in the overflow stays there, and what it counted stays when it ends")
    func places() {
        var mapping = MetricsMapping(limit: 1)
        #expect(told(&mapping, [stream("a"): point(1)], at: 20) == ["a": 1])
        #expect(told(&mapping, [stream("a"): point(1), stream("b"): point(2)], at: 30) == ["a": 1, "*": 2])
        for time: UInt64 in [40, 41] { #expect(told(&mapping, [stream("b"): point(3)], at: time) == ["*": 3]) }
        #expect(told(&mapping, [stream("b"): point(3), stream("c"): point(4)], at: 50) == ["c": 4, "*": 3])
        #expect(told(&mapping, [stream("c"): point(5)], at: 60) == ["c": 5, "*": 3])
        // A new life of the same name.
        #expect(told(&mapping, [stream("b"): point(7, start: 61)], at: 70) == ["b": 7, "*": 3])
    }

    @Test("a stream that returns goes on where it was: its own is not told in the overflow, nor the reverse")
    func returns() {
        var mapping = MetricsMapping(limit: 1)
        #expect(told(&mapping, [stream("a"): point(10)], at: 20) == ["a": 10])
        #expect(told(&mapping, [stream("b"): point(1)], at: 30) == ["b": 1])
        #expect(told(&mapping, [stream("a"): point(25), stream("b"): point(1)], at: 40) == ["b": 1, "*": 15])
        #expect(told(&mapping, [stream("c"): point(2)], at: 50) == ["c": 2, "*": 15])
        #expect(told(&mapping, [stream("a"): point(26)], at: 60) == ["*": 16])
    }

    @Test("what has not arrived of a stream's own is told in the overflow")
    func undelivered() {
        var mapping = MetricsMapping(limit: 1)
        #expect(told(&mapping, [stream("a"): point(10)], at: 20) == ["a": 10])
        #expect(told(&mapping, [stream("a"): point(12)], at: 30, arrives: false) == ["a": 12])
        #expect(told(&mapping, [stream("b"): point(1)], at: 40) == ["b": 1])
        #expect(told(&mapping, [stream("a"): point(25), stream("b"): point(1)], at: 50) == ["b": 1, "*": 15])
    }

    @Test("counts that begin anew within a life are told from there")
    func fallen() {
        var mapping = MetricsMapping(limit: 1)
        for (packets, total) in [(UInt64(10), Int64(10)), (3, 13), (5, 15)] {
            #expect(
                told(&mapping, [stream("a"): point(1), stream("b"): point(packets)], at: 20) == ["a": 1, "*": total])
        }
    }

    @Test("of streams of before the agent the overflow has what came since: an earlier agent may have told the rest")
    func restarted() {
        var mapping = MetricsMapping(limit: 1, start: UnixTime(nanoseconds: 100))
        let others = [stream("b"): point(70), stream("c"): point(5, start: 100)]
        #expect(
            told(&mapping, others.merging([stream("a"): point(50, start: 1)]) { $1 }, at: 110) == ["a": 50, "*": 5])
        let later = [stream("a"): point(50, start: 1), stream("b"): point(73)]
        #expect(told(&mapping, later, at: 120) == ["a": 50, "*": 8])
    }

    @Test("metrics overflow each for itself, and the overflow of a distribution has buckets and sum")
    func distributions() throws {
        var mapping = MetricsMapping(limit: 1)
        func sizes(_ small: UInt64, _ large: UInt64) -> StreamPoint {
            let others = Array(repeating: UInt64(0), count: SizeBounds.bucketCount - 2)
            return StreamPoint(
                start: UnixTime(nanoseconds: 10), value: .histogram([small, large] + others, sum: small + large * 100))
        }
        var streams = [
            stream("a", .bytes): sizes(1, 1), stream("b", .bytes): sizes(2, 3), stream("c", .bytes): sizes(4, 0),
            stream("a"): point(2),
        ]
        for _ in 1...2 {
            let metrics = mapping.metrics(streams, jobs: Self.jobs, now: UnixTime(nanoseconds: 20))
            #expect(metrics.map(\.name) == ["bpf.packets", "bpf.bytes"] && metrics[0].data.pointCount == 1)
            guard case .histogram(let points, .cumulative)? = metrics.last?.data else {
                Issue.record("no histogram")
                return
            }
            let overflow = try #require(points.first { $0.attributes == .overflow })
            #expect(overflow.bucketCounts.prefix(3) == [6, 3, 0] && overflow.sum == 306 && overflow.count == 9)
            #expect(points.count { !$0.noRecordedValue } == 2)
            mapping.delivered()
            streams[stream("c", .bytes)] = nil
        }
    }

    @Test("the overflow of a gauge has its last value, and is gone when nobody is in it")
    func gauges() {
        var mapping = MetricsMapping(limit: 1)
        func rate(_ value: Int64) -> StreamPoint {
            StreamPoint(start: UnixTime(nanoseconds: 0), value: .gauge(.int(value)))
        }
        var streams = [
            stream("a", .sampleRate): rate(1), stream("b", .sampleRate): rate(2), stream("c", .sampleRate): rate(3),
        ]
        #expect(told(&mapping, streams, at: 20) == ["a": 1, "*": 3])
        streams[stream("c", .sampleRate)] = nil
        #expect(told(&mapping, streams, at: 30) == ["a": 1, "*": 2])
        streams[stream("b", .sampleRate)] = nil
        #expect(told(&mapping, streams, at: 40) == ["a": 1])
    }

    @Test("an overflow alone is no reason to speak, and goes on when there is one")
    func silence() {
        var mapping = MetricsMapping(limit: 1)
        _ = told(&mapping, [stream("a"): point(1), stream("b"): point(2)], at: 20)
        _ = told(&mapping, [:], at: 30, jobs: [])
        #expect(told(&mapping, [:], at: 40, jobs: []).isEmpty)
        #expect(told(&mapping, [stream("a"): point(4, start: 45)], at: 50) == ["a": 4, "*": 2])
    }

    @Test("whoever looks without being a collector sees an overflow that does not fall, and disturbs nothing")
    func views() {
        var mapping = MetricsMapping(limit: 1)
        func seen(_ streams: [StreamID: StreamPoint]) -> [String: Int64] {
            let metrics = mapping.view(streams, jobs: Self.jobs, now: UnixTime(nanoseconds: 20))
            return Dictionary(uniqueKeysWithValues: metrics.flatMap(\.data.current).map { ($0.job, $0.number) })
        }
        #expect(seen([stream("a"): point(1), stream("b"): point(2)]) == ["a": 1, "*": 2])
        #expect(seen([stream("a"): point(1)]) == ["a": 1, "*": 2])
        #expect(told(&mapping, [stream("a"): point(1), stream("b"): point(5)], at: 30) == ["a": 1, "*": 5])
        #expect(mapping.overflowing == [.packets])
    }
}

extension MetricData {
    /// The numbers of streams that have not ended.
    fileprivate var current: [NumberPoint] {
        switch self {
        case .sum(let points, _, _), .gauge(let points): points.filter { !$0.noRecordedValue }
        case .histogram: []
        }
    }
}

extension NumberPoint {
    fileprivate var job: String {
        if attributes == .overflow { return "*" }
        guard case .string(let name)? = attributes.first(where: { $0.key == "telegen.job" })?.value else { return "" }
        return name
    }

    fileprivate var number: Int64 { if case .int(let number) = value { number } else { -1 } }
}
