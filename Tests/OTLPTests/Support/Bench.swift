import Logging
import OTLP
import Synchronization
import TestSupport

/// A periodic exporter at a scripted destination, under a clock that the test moves: exports
/// every 10 s with a timeout of 7.5 s, and waits of exactly 1, 2, 4, 8 and 10 s.
final class Bench: Sendable {
    let clock = TestClock()
    let log = LogLines()
    let exporter: PeriodicExporter<TestClock>
    private let counts: Counts

    private final class Counts: Sendable {
        let collected = Mutex(0)
        let delivered = Mutex(0)
    }

    /// `times` are those of the batches that are collected, in nanoseconds; then the clock's.
    init(
        _ target: ExportTarget, times: [UInt64?] = [],
        temporality: ExporterSettings.TemporalityPreference = .cumulative, telemetry: SelfTelemetry? = nil,
        batch: @escaping @Sendable (UInt64) -> MetricBatch = Bench.batch
    ) {
        let (clock, counts, log) = (clock, Counts(), log)
        self.counts = counts
        exporter = PeriodicExporter(
            interval: .seconds(10), timeout: .milliseconds(7500), clock: clock, target: target,
            temporality: temporality, telemetry: telemetry, logger: log.logger, spread: { 1 },
            delivered: { counts.delivered.withLock { $0 += 1 } },
            collect: {
                let index = counts.collected.withLock { count in
                    defer { count += 1 }
                    return count
                }
                let time = index < times.count ? times[index] : clock.now.sinceStart.nanoseconds + 1
                return time.map(batch)
            })
    }

    convenience init(_ receiver: ScriptedExporter, times: [UInt64?] = []) {
        self.init(.exporter(receiver), times: times)
    }

    var collected: Int { counts.collected.withLock(\.self) }
    var delivered: Int { counts.delivered.withLock(\.self) }

    /// Runs the exporter while `body` looks at it.
    func run(_ body: () async throws -> Void) async rethrows {
        let task = Task { await exporter.run() }
        defer { task.cancel() }
        try await body()
        task.cancel()
        await task.value
    }

    /// Waits for somebody to sleep until each of these times, and moves on to it.
    func pass(_ times: Duration...) async {
        for time in times {
            await clock.sleeper(until: time)
            clock.advance(to: time)
        }
    }

    @Sendable static func batch(time: UInt64) -> MetricBatch {
        MetricBatch(
            resource: Resource(), scopeName: "test", scopeVersion: "1",
            metrics: [Metric(name: "m", unit: "1", data: .gauge([.init(attributes: [], time: time, value: .int(1))]))])
    }
}

extension MetricBatch {
    /// The time of the first point of a bench's batch.
    var time: UInt64? {
        guard case .gauge(let points) = metrics.first?.data else { return nil }
        return points.first?.time
    }
}

extension Duration {
    var nanoseconds: UInt64 {
        UInt64(components.seconds) * 1_000_000_000 + UInt64(components.attoseconds / 1_000_000_000)
    }
}
