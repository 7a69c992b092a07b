import Glibc
import Logging
import OTLP

/// A periodic exporter as the agent has it, in a hurry: it exports every 100 ms, and waits a
/// twentieth of what it would between attempts.
final class OTLPBench: Sendable {
    let exporter: PeriodicExporter<ContinuousClock>
    private let running: Task<Void, Never>

    /// Exports `points` points per batch to `endpoint`.
    init(
        _ endpoint: String, points: Int = 1, timeout: Duration = .seconds(60),
        settings: ExporterSettings = .patient, telemetry: SelfTelemetry? = nil
    ) throws {
        var settings = settings
        settings.endpoint = try Endpoint(parsing: endpoint)
        let exporter = PeriodicExporter(
            interval: .milliseconds(100), timeout: timeout, clock: ContinuousClock(),
            target: settings.makeTarget(version: "1.2.3"), telemetry: telemetry,
            logger: Logger(label: "otlp") { _ in SwiftLogNoOpLogHandler() },
            spread: { 0.05 }, collect: { Self.batch(points: points) })
        self.exporter = exporter
        running = Task { await exporter.run() }
    }

    /// Ends the exporting.
    func stop() async {
        running.cancel()
        await running.value
        await exporter.shutdown(within: .milliseconds(1))
    }

    /// Waits until the status is as wanted, and returns it.
    func status(
        within limit: Duration = .seconds(60).stretched, until isAsWanted: (ExportStatus) -> Bool
    ) async throws -> ExportStatus {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let status = await exporter.status
            if isAsWanted(status) { return status }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw OTLPBenchError.notAsWanted(await exporter.status)
    }

    /// A batch of counters and one histogram, all of now.
    static func batch(points: Int, jobName: String = "job") -> MetricBatch {
        let now = wallClock()
        let numbers = (0..<points).map { index in
            NumberPoint(
                attributes: [Attribute("proto", "ipv4"), Attribute("telegen.job", "\(jobName)\(index)")], start: 1_000,
                time: now, value: .int(Int64(index)))
        }
        let sizes = HistogramPoint(
            attributes: [Attribute("proto", "ipv6")], start: 1_000, time: now, count: 3, sum: 200.5,
            bucketCounts: [1, 2, 0], explicitBounds: [64, 128])
        return MetricBatch(
            resource: Resource(attributes: [Attribute("service.name", "test")]), scopeName: "telegen-sonic",
            scopeVersion: "1.2.3",
            metrics: [
                Metric(
                    name: "bpf.packets", description: "Packets", unit: "{packet}",
                    data: .sum(numbers, monotonic: true, temporality: .cumulative)),
                Metric(name: "bpf.bytes", unit: "By", data: .histogram([sizes], temporality: .cumulative)),
            ])
    }
}

extension ExporterSettings {
    /// Timeouts that a busy machine does not reach: tests of timeouts set their own.
    static var patient: ExporterSettings {
        var settings = ExporterSettings()
        settings.timeout = .seconds(60)
        return settings
    }
}

enum OTLPBenchError: Error {
    case notAsWanted(ExportStatus)
}

/// Nanoseconds since 1970.
private func wallClock() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}
