import ArgumentParser
import CLinux
import OTLP

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What it costs to export the metrics of 512 ports: 4,096 points.",
        discussion: """
            To a collector that listens there, in another process. Of this one: the processor time of all its threads \
            from one export's start to the next one's, values and requests made anew each time; and how much memory is \
            resident at most, above what is when eight points have been exported.
            """)

    @Option(help: "Where the collector listens, as OTEL_EXPORTER_OTLP_ENDPOINT has it.")
    var endpoint = "127.0.0.1:4317"

    @Option(name: .customLong("protocol"), help: "grpc, http/protobuf or http/json.")
    var transport = ExporterSettings.Transport.grpc

    @Option(help: "none or gzip.")
    var compression = ExporterSettings.Compression.none

    @Option(help: "How often everything is exported.")
    var rounds = 50

    @OptionGroup var output: OutputOptions

    private static let ports = 512
    private static let pause = Duration.milliseconds(100)

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is 1 or more") }
    }

    func run() async throws {
        let machine = Machine.here
        // As the agent has it.
        mallopt(M_ARENA_MAX, 2)
        let exporter = try makeExporter()
        try await export(SwitchBatch.make(ports: 1), by: exporter)
        try await Task.sleep(for: Self.pause)
        let idle = try ProcessUsage.residentMegabytes
        try ProcessUsage.forgetPeak()
        // The first one asks for the memory.
        _ = try await time(by: exporter)
        var times: [Double] = []
        for _ in 0..<rounds { times.append(try await time(by: exporter)) }
        let peak = try ProcessUsage.peakMegabytes
        await exporter.shutdown()
        try output.print(
            ExportReport(
                machine: machine, way: "\(transport.rawValue)\(compression == .gzip ? ", gzip" : "")",
                milliseconds: Spread(times), peakMegabytes: peak - idle, idleMegabytes: idle))
    }

    private func makeExporter() throws -> any MetricExporter {
        var settings = ExporterSettings()
        settings.transport = transport
        settings.compression = compression
        settings.endpoint = try Endpoint(parsing: endpoint)
        switch settings.makeTarget(version: "bench") {
        case .exporter(let exporter): return exporter
        case .invalid(let reason): throw ValidationError(reason)
        case .disabled: throw CleanExit.message("exporting is disabled")
        }
    }

    /// Milliseconds of processor time.
    private func time(by exporter: any MetricExporter) async throws -> Double {
        let start = ProcessUsage.cpuNanoseconds
        try await export(SwitchBatch.make(ports: Self.ports), by: exporter)
        try await Task.sleep(for: Self.pause)
        return Double(ProcessUsage.cpuNanoseconds - start) / 1e6
    }

    private func export(_ batch: MetricBatch, by exporter: any MetricExporter) async throws {
        let outcome = await exporter.export(batch)
        guard case .success = outcome else { throw ValidationError("\(exporter.destination): \(outcome)") }
    }
}

extension ExporterSettings.Transport: ExpressibleByArgument {}
extension ExporterSettings.Compression: ExpressibleByArgument {}

struct ExportReport: Encodable, CustomStringConvertible {
    let machine: Machine
    let way: String
    let milliseconds: Spread
    let idleMegabytes: Double
    let peakMegabytes: Double
    let goals: [Goal]

    /// - Parameter peakMegabytes: above `idleMegabytes`.
    init(machine: Machine, way: String, milliseconds: Spread, peakMegabytes: Double, idleMegabytes: Double) {
        (self.machine, self.way, self.milliseconds) = (machine, way, milliseconds)
        (self.peakMegabytes, self.idleMegabytes) = (peakMegabytes, idleMegabytes)
        goals = [
            Goal(name: "CPU for an export of 4,096 points, \(way)", value: milliseconds, limit: 15, unit: "ms"),
            Goal(
                name: "memory at most, above \(idleMegabytes.rounded(to: 1)) MB at eight points, \(way)",
                value: Spread(minimum: peakMegabytes, median: peakMegabytes), limit: 25, unit: "MB"),
        ]
    }

    var description: String { (["\(machine)", ""] + goals.map(\.description)).joined(separator: "\n") }
}
