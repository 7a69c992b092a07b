import Testing

@testable import OTLP

/// What the periodic exporter tells of itself, and when.
@Suite(.timeLimit(.minutes(1)))
struct TelemetryExportTests {
    private typealias Step = ScriptedExporter.Step

    private func bench(
        _ script: [Step], _ temporality: ExporterSettings.TemporalityPreference = .cumulative, times: [UInt64?] = []
    ) -> (Bench, ScriptedExporter) {
        let receiver = ScriptedExporter(script)
        let bench = Bench(
            .exporter(receiver), times: times, temporality: temporality, telemetry: SelfTelemetry(start: 1)
        ) { time in
            var batch = Bench.batch(time: time)
            batch.metrics.append(
                Metric(
                    name: "sum", unit: "1",
                    data: .sum(
                        [NumberPoint(attributes: [], start: 1, time: time, value: .int(Int64(time)))],
                        monotonic: true, temporality: .cumulative)))
            return batch
        }
        return (bench, receiver)
    }

    @Test("The next batch tells how many points of the one before have arrived, with what it cost")
    func told() async {
        let (bench, receiver) = bench([])
        await bench.run {
            await bench.pass(.seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
        }
        #expect(
            receiver.batches.map(\.own) == [
                ["collection.duration": 1],
                [
                    "exported": 3, "inflight": 0, "operation.duration": 1, "collection.duration": 2,
                ],
            ])
        #expect(receiver.batches.map(\.pointCount) == [3, 6])
    }

    @Test("While there is nothing else to say nothing is said of this either, whatever has happened")
    func nothingElse() async {
        let (bench, receiver) = bench([], times: [1, nil, nil])
        await bench.run {
            await bench.pass(.seconds(10), .seconds(20))
            await bench.clock.sleeper(until: .seconds(30))
        }
        #expect(receiver.batches.count == 1)
    }

    @Test("Retries count their points when the batch has arrived, and each attempt")
    func retries() async {
        let (bench, receiver) = bench([.unavailable, .unavailable])
        await bench.run {
            await bench.pass(.seconds(1), .seconds(3), .seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
        }
        let own = receiver.batches.map(\.own)
        #expect(own.map { $0["exported"] } == [nil, nil, nil, 5])
        #expect(own.map { $0["inflight"] } == [nil, 3, 5, 0])
        #expect(own.map { $0["operation.duration"] } == [nil, 1, 2, 3])
    }

    @Test("An export whose time is over has failed with the last error; one without an answer is a timeout")
    func timeOver() async {
        let (bench, receiver) = bench(Array(repeating: .unavailable, count: 4) + [.hang])
        await bench.run {
            await bench.pass(.seconds(1), .seconds(3), .seconds(7), .seconds(15), .milliseconds(22_500))
            await bench.pass(.milliseconds(32_500))
            await bench.clock.sleeper(until: .milliseconds(42_500))
        }
        let failures = receiver.batches.last?.exported ?? [:]
        #expect(failures.keys.sorted() == ["UNAVAILABLE", "timeout"])
        #expect(failures["UNAVAILABLE"] == Int64(receiver.batches[3].pointCount))
        #expect(failures["timeout"] == Int64(receiver.batches[4].pointCount))
    }

    @Test("Deltas that did not arrive in time stay in flight, and count once, when they do")
    func deltas() async {
        let (bench, receiver) = bench([.ok] + Array(repeating: .unavailable, count: 4), .delta)
        await bench.run {
            await bench.pass(.seconds(10), .seconds(11), .seconds(13), .seconds(17), .seconds(25))
            await bench.pass(.seconds(35))
            await bench.clock.sleeper(until: .seconds(45))
        }
        let batches = receiver.batches
        #expect(batches.map(\.pointCount) == [3, 6, 6, 6, 6, 6, 7, 7])
        // The second was sent five times.
        #expect(batches.map(\.exported) == [[:], ["": 3], ["": 3], ["": 3], ["": 3], ["": 3], ["": 6], ["": 7]])
        #expect(batches.last?.own["inflight"] == 0)
    }

    @Test("What the old target had when it was replaced has failed there, as cancelled")
    func replaced() async {
        let (bench, _) = bench([.hang])
        let new = ScriptedExporter(destination: "new")
        await bench.run {
            await bench.clock.sleeper(until: .milliseconds(7500))
            await bench.exporter.reconfigure(target: .exporter(new))
            await bench.clock.sleeper(until: .seconds(10))
        }
        #expect(new.batches.last?.exported == ["cancelled": 3])
        #expect(new.batches.last?.own["inflight"] == 0)
        #expect(new.batches.last?.own["operation.duration"] == 1)
    }

    @Test("A view of the metrics has them too, and changes nothing")
    func view() async {
        let (bench, _) = bench([])
        await bench.exporter.flush()
        for _ in 1...2 {
            let view = await bench.exporter.withOwnMetrics(Bench.batch(time: 99))
            #expect(view.own == ["exported": 3, "inflight": 0, "operation.duration": 1, "collection.duration": 1])
            #expect(view.metrics.last?.data.pointCount == 1)
        }
    }

    @Test("Who does not want it gets none of it")
    func switchedOff() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver)
        await bench.exporter.flush()
        await bench.exporter.flush()
        #expect(receiver.batches.map(\.pointCount) == [1, 1])
    }
}

extension MetricBatch {
    /// Of each of the exporter's own metrics the sum over its streams, of durations their number.
    fileprivate var own: [String: Int64] {
        var totals: [String: Int64] = [:]
        for metric in metrics where metric.name.hasPrefix("otel.sdk.") {
            let name = metric.name.split(separator: ".").suffix(metric.unit == "s" ? 2 : 1).joined(separator: ".")
            switch metric.data {
            case .sum(let points, _, _): totals[name] = points.reduce(0) { $0 + $1.number }
            case .histogram(let points, _): totals[name] = points.reduce(0) { $0 + Int64($1.count) }
            case .gauge: break
            }
        }
        return totals
    }

    /// Points by `error.type`; empty: those that have arrived.
    fileprivate var exported: [String: Int64] {
        for case .sum(let points, true, _) in metrics.filter({ $0.name.hasSuffix(".exported") }).map(\.data) {
            let counted = points.map { point in
                let error = point.attributes.first { $0.key == "error.type" }?.value
                return (error.flatMap { if case .string(let text) = $0 { text } else { nil } } ?? "", point.number)
            }
            return Dictionary(counted, uniquingKeysWith: +)
        }
        return [:]
    }
}

extension NumberPoint {
    fileprivate var number: Int64 { if case .int(let number) = value { number } else { -1 } }
}
