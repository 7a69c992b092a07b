import Testing

@testable import OTLP

struct DeltaStreamsTests {
    private func sum(_ value: Int64, _ name: String = "a", start: UInt64 = 1, at time: UInt64) -> NumberPoint {
        NumberPoint(attributes: [Attribute("s", name)], start: start, time: time, value: .int(value))
    }

    private func batch(_ points: NumberPoint...) -> MetricBatch {
        batch(.sum(points, monotonic: true, temporality: .cumulative))
    }

    private func batch(_ data: MetricData...) -> MetricBatch {
        MetricBatch(
            resource: Resource(), scopeName: "s", scopeVersion: "1",
            metrics: data.enumerated().map { Metric(name: "m\($0)", unit: "1", data: $1) })
    }

    /// What is told of sums: value, start and time.
    private func told(_ streams: DeltaStreams) -> [[Int64]] {
        streams.unsent.flatMap { $0.batch.metrics }.flatMap { metric -> [NumberPoint] in
            guard case .sum(let points, _, .delta) = metric.data else { return [] }
            return points
        }.map { point in
            guard case .int(let value) = point.value else { return [] }
            return [value, Int64(point.start), Int64(point.time)]
        }
    }

    @Test("A stream's first point says all since its start, and each later one what came since the last that arrived")
    func differences() {
        var streams = DeltaStreams(.delta, start: 0)
        streams.take(batch(sum(5, at: 10)))
        #expect(told(streams) == [[5, 1, 10]])
        streams.delivered()
        streams.take(batch(sum(12, at: 20), sum(3, "b", start: 15, at: 20)))
        #expect(told(streams) == [[7, 10, 20], [3, 15, 20]])
        streams.delivered()
        streams.take(batch(sum(12, at: 30), sum(4, "b", start: 15, at: 30)))
        #expect(told(streams) == [[0, 20, 30], [1, 20, 30]])
    }

    @Test("What was not delivered stays as it is; what was refused is told with what comes next")
    func unsent() {
        var streams = DeltaStreams(.delta, start: 0)
        streams.take(batch(sum(5, at: 10)))
        streams.refused()
        #expect(streams.unsent.isEmpty)
        streams.take(batch(sum(8, at: 20)))
        #expect(told(streams) == [[8, 1, 20]])
    }

    @Test("A stream that began anew tells all since then, and never of a time that was told")
    func newLife() {
        var streams = DeltaStreams(.delta, start: 0)
        streams.take(batch(sum(5, at: 10)))
        streams.delivered()
        streams.take(batch(sum(2, start: 13, at: 20)))
        #expect(told(streams) == [[2, 13, 20]])
        streams.delivered()
        streams.take(batch(sum(1, start: 17, at: 30)))
        #expect(told(streams) == [[1, 20, 30]])
    }

    @Test("A stream of before the process is told from its second point on: the first may have been told already")
    func horizon() {
        var streams = DeltaStreams(.delta, start: 5)
        streams.take(batch(sum(100, at: 10), sum(2, "b", start: 5, at: 10)))
        #expect(told(streams) == [[2, 5, 10]])
        streams.delivered()
        streams.take(batch(sum(107, at: 20), sum(2, "b", start: 5, at: 20)))
        #expect(told(streams) == [[7, 10, 20], [0, 10, 20]])
    }

    @Test("Histograms are differences in each bucket; the end of a stream and gauges are no differences")
    func histograms() throws {
        func sizes(_ counts: [UInt64], at time: UInt64, ended: Bool = false) -> MetricData {
            .histogram(
                [
                    HistogramPoint(
                        attributes: [], start: 1, time: time, count: counts.reduce(0, +), sum: Double(counts[1]) * 100,
                        bucketCounts: counts, explicitBounds: [64], noRecordedValue: ended)
                ], temporality: .cumulative)
        }
        let gauge = MetricData.gauge([NumberPoint(attributes: [], time: 20, value: .double(0.5))])
        for preference in [ExporterSettings.TemporalityPreference.delta, .lowMemory] {
            var streams = DeltaStreams(preference, start: 0)
            streams.take(batch(sizes([1, 2], at: 10)))
            streams.delivered()
            streams.take(batch(sizes([4, 2], at: 20), gauge))
            let part = try #require(streams.unsent.first).batch
            #expect(
                part.metrics.map(\.data) == [
                    .histogram(
                        [
                            HistogramPoint(
                                attributes: [], start: 10, time: 20, count: 3, sum: 0, bucketCounts: [3, 0],
                                explicitBounds: [64])
                        ], temporality: .delta), gauge,
                ])
            streams.delivered()
            streams.take(batch(sizes([9, 9], at: 30, ended: true)))
            #expect(streams.unsent.isEmpty)
        }
    }

    @Test("With lowmemory sums stay cumulative")
    func lowMemory() throws {
        var streams = DeltaStreams(.lowMemory, start: 0)
        for time: UInt64 in [10, 20] {
            let all = batch(sum(5, at: time))
            streams.take(all)
            #expect(streams.unsent.map(\.batch) == [all])
            streams.delivered()
        }
    }

    @Test("A large batch is handed out in parts, each of which arrives by itself")
    func parts() {
        func all(_ value: Int64, at time: UInt64) -> MetricBatch {
            batch(.sum((0..<5000).map { sum(value, "\($0)", at: time) }, monotonic: true, temporality: .cumulative))
        }
        var streams = DeltaStreams(.delta, start: 0)
        streams.take(all(1, at: 10))
        #expect(streams.unsent.map(\.batch.pointCount) == [4096, 904])
        streams.delivered()
        streams.refused()
        streams.take(all(3, at: 20))
        let values = told(streams)
        #expect(
            values.prefix(4096).allSatisfy { $0 == [2, 10, 20] }
                && values.dropFirst(4096).allSatisfy { $0 == [3, 1, 20] })
    }

    @Test("However many streams come and go, few are remembered, and none is told twice")
    func bounded() {
        var streams = DeltaStreams(.delta, start: 0)
        var total: Int64 = 0
        for round in 0..<100 {
            let time = UInt64(10 + round * 10)
            streams.take(
                batch(
                    .sum(
                        (0..<200).map { sum(1, "\(round * 100 + $0)", at: time) }, monotonic: true,
                        temporality: .cumulative)))
            total += told(streams).reduce(0) { $0 + $1[0] }
            streams.delivered()
            #expect(streams.remembered <= 2 * 200 + 4096 + 200)
        }
        #expect(total <= 100 * 100 + 100)
    }

    @Test("That streams of one metric were forgotten makes nobody doubt another's")
    func forgottenElsewhere() {
        var streams = DeltaStreams(.delta, start: 0)
        func sums(_ points: [NumberPoint]) -> MetricData { .sum(points, monotonic: true, temporality: .cumulative) }
        for round in 1...40 {
            let time = UInt64(round * 10)
            streams.take(batch(sums((0..<200).map { sum(1, "\(round) \($0)", start: time, at: time) })))
            streams.delivered()
        }
        #expect(streams.remembered < 40 * 200)
        streams.take(batch(sums([sum(3, "new", at: 500)]), sums([sum(4, "new", at: 500)])))
        #expect(told(streams) == [[4, 1, 500]])
    }
}

struct DeltaExportTests {
    private func counter(_ receiver: ScriptedExporter) -> Bench {
        Bench(.exporter(receiver), temporality: .delta) { time in
            MetricBatch(
                resource: Resource(), scopeName: "test", scopeVersion: "1",
                metrics: [
                    Metric(
                        name: "m", unit: "1",
                        data: .sum(
                            [.init(attributes: [], start: 1, time: time, value: .int(Int64(time)))], monotonic: true,
                            temporality: .cumulative))
                ])
        }
    }

    @Test("After an outage the batch that did not arrive is sent again as it was, then at once what came since")
    func resent() async {
        let receiver = ScriptedExporter([.ok] + Array(repeating: .unavailable, count: 4))
        let bench = counter(receiver)
        await bench.run {
            await bench.pass(.seconds(10), .seconds(11), .seconds(13), .seconds(17), .seconds(25))
            await bench.clock.sleeper(until: .seconds(35))
        }
        let sent = receiver.batches.map(\.deltas)
        let second: Int64 = 1_000_000_000
        let unsent = [[10 * second, 1, 10 * second + 1]]
        #expect(
            sent == [[[1, 1, 1]]] + Array(repeating: unsent, count: 5) + [
                [[15 * second, 10 * second + 1, 25 * second + 1]]
            ])
        #expect(bench.delivered == 3)
    }

    @Test("What the receiver refuses for good is told with what comes next")
    func refused() async {
        let receiver = ScriptedExporter([.refuse])
        let bench = counter(receiver)
        await bench.run {
            await bench.pass(.seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
        }
        #expect(receiver.batches.map(\.deltas) == [[[1, 1, 1]], [[10_000_000_001, 1, 10_000_000_001]]])
    }
}

extension MetricBatch {
    /// Value, start and time of the points of its first metric.
    fileprivate var deltas: [[Int64]] {
        guard case .sum(let points, _, .delta) = metrics.first?.data else { return [] }
        return points.map { point in
            guard case .int(let value) = point.value else { return [] }
            return [value, Int64(point.start), Int64(point.time)]
        }
    }
}
