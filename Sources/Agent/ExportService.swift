import Domain
import Logging
import OTLP
import ServiceLifecycle
import Synchronization

/// Exports on the interval, and once more when the agent ends.
final class ExportService: Service {
    let exporter: PeriodicExporter<ContinuousClock>
    private let settings: Mutex<ExporterSettings>
    private let version: String

    init(
        _ settings: ExporterSettings, version: String, source: MetricsSource, start: UnixTime,
        telemetry: SelfTelemetry?, logger: Logger
    ) {
        exporter = PeriodicExporter(
            interval: settings.interval, timeout: settings.exportTimeout, clock: ContinuousClock(),
            target: settings.makeTarget(version: version), temporality: settings.temporality,
            start: start.nanoseconds, telemetry: telemetry, logger: logger,
            delivered: { await source.delivered() }, collect: { await source.collect() })
        self.settings = Mutex(settings)
        self.version = version
    }

    func run() async {
        await cancelWhenGracefulShutdown { await self.exporter.run() }
        await exporter.shutdown()
    }

    /// New settings take effect at once; a connection that need not change goes on.
    func apply(_ new: ExporterSettings) async {
        let old = settings.withLock { settings in
            defer { settings = new }
            return settings
        }
        guard new != old else { return }
        var comparable = old
        comparable.interval = new.interval
        await exporter.reconfigure(
            interval: new.interval, target: comparable == new ? nil : new.makeTarget(version: version))
    }
}

extension ExporterSettings {
    /// These settings as `TELEGEN|global` has them; what the command line says stays.
    func applying(_ row: GlobalRow, fixed: AgentOptions.FixedSettings) throws -> ExporterSettings {
        var settings = self
        if let text = fixed.otlpEndpoint ?? row.otlpEndpoint { settings.endpoint = try Endpoint(parsing: text) }
        if let transport = row.otlpProtocol.flatMap({ ExporterSettings.Transport(rawValue: $0.rawValue) }) {
            settings.transport = transport
        }
        if let seconds = row.otlpInterval { settings.interval = .seconds(seconds) }
        return settings
    }
}
