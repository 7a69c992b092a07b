import Foundation
import Glibc
import HTTPAPI
import Testing
import Traffic

/// The agent at a receiver that does everything wrong that receivers do, and keeps books of every point.
@Suite(
    "OTLP under audit", .timeLimit(.minutes(10)), .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct OTLPAuditTests {
    struct Way: CustomTestStringConvertible, Sendable {
        let transport: String
        let temporality: String
        let histograms: String
        var limit = "off"
        var testDescription: String { "\(transport), \(temporality), \(histograms), limit \(limit)" }
    }

    private static let ways = [
        Way(transport: "grpc", temporality: "cumulative", histograms: "explicit_bucket_histogram", limit: "2"),
        Way(transport: "grpc", temporality: "delta", histograms: "base2_exponential_bucket_histogram"),
        Way(transport: "http/protobuf", temporality: "cumulative", histograms: "base2_exponential_bucket_histogram"),
        Way(transport: "http/protobuf", temporality: "delta", histograms: "explicit_bucket_histogram", limit: "2"),
        Way(transport: "http/json", temporality: "lowmemory", histograms: "explicit_bucket_histogram"),
        Way(transport: "http/json", temporality: "delta", histograms: "base2_exponential_bucket_histogram"),
    ]

    @Test(
        "whatever the receiver does, no point is wrong, and in the end it has every packet once",
        .enabled(
            if: AuditingReceiver.isThere, "needs shared/tools/faulty_receiver.py and its Python packages: make venv"),
        arguments: ways)
    func audited(way: Way) async throws {
        let isGRPC = way.transport == "grpc"
        var faults = [
            "unavailable", "unavailable:0.5", "exhausted:0.5", "exhausted", "partial:2", "warn", "slow:0.5",
            "hang", "reset",
        ]
        // Over HTTP it does not see that the client has left, and books what is late as if it were in time.
        faults +=
            isGRPC
            ? ["slow:3", "code:INTERNAL", "code:ABORTED", "code:DATA_LOSS"] : ["code:400", "code:502", "garbage"]
        // Who takes a batch and says that he did not gets it twice: as a sum that is the same, as a difference it is not.
        if way.temporality == "cumulative" { faults.append("lost") }
        let environment = [
            "OTEL_SDK_DISABLED": "", "OTEL_EXPORTER_OTLP_PROTOCOL": way.transport, "OTEL_METRIC_EXPORT_INTERVAL": "200",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2000", "OTEL_METRIC_EXPORT_TIMEOUT": "20000",
            "OTEL_EXPORTER_OTLP_COMPRESSION": way.temporality == "delta" ? "gzip" : "none",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": way.temporality,
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": way.histograms,
            "TELEGEN_CARDINALITY_LIMIT": way.limit,
        ]
        try await AgentUnderTest.run(environment) { agent in
            let receiver = try AuditingReceiver(agent, script: faults.map { "ok,\($0)" } + ["ok"])
            defer { receiver.kill() }
            try await eventually("the receiver listens") { (try? await receiver.report()) != nil }
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            var (packets, bytes): (UInt64, UInt64) = (0, 0)
            func send(_ count: Int) async throws {
                let sent = try await agent.send(count)
                (packets, bytes) = (packets + sent.packets, bytes + sent.bytes)
            }
            try await eventually("the script is over", within: .seconds(200).stretched) {
                try await send(200)
                return try await receiver.count("requests") > 2 * faults.count
            }
            try await send(1000)
            try await eventually("every packet has arrived") {
                let counted = try await receiver.total("bpf.packets", "total")
                let summed = try await receiver.total("bpf.bytes", "hsum")
                return (counted, summed) == (packets, bytes)
            }
            let report = try await receiver.report()
            #expect(report["violations"] == [], "\(report["violations"] ?? .null)")
            #expect(try await receiver.total("bpf.bytes", "total") == packets)
            let attempts = try await receiver.total("otel.sdk.exporter.operation.duration", "total")
            #expect(attempts >= UInt64(2 * faults.count))
            // Four classes.
            #expect(try await receiver.count("streams", of: "bpf.packets") == (way.limit == "off" ? 4 : 3))
            let warning = "the metric bpf.packets has more streams than TELEGEN_CARDINALITY_LIMIT allows"
            #expect(agent.log.split(separator: warning).count == (way.limit == "off" ? 1 : 2))
        }
    }

    @Test(
        "killed and started again under a limit, an agent tells nothing twice",
        .enabled(
            if: AuditingReceiver.isThere, "needs shared/tools/faulty_receiver.py and its Python packages: make venv"),
        arguments: ["cumulative", "delta"])
    func killed(temporality: String) async throws {
        let environment = [
            "OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "200", "TELEGEN_CARDINALITY_LIMIT": "2",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": temporality,
        ]
        try await AgentUnderTest.run(environment) { agent in
            let receiver = try AuditingReceiver(agent, script: ["ok"])
            defer { receiver.kill() }
            try await eventually("the receiver listens") { (try? await receiver.report()) != nil }
            // What was exported since the agent's row was written is exported all the same.
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "300"])
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let first = try await agent.send(1000)
            try await eventually("every packet has arrived") {
                try await receiver.total("bpf.packets", "total") == first.packets
            }
            try await agent.end(SIGKILL)
            _ = try await agent.config.send(["HDEL", "TELEGEN|global", "status_interval"])
            let unseen = try await agent.send(1000, seed: 2)
            try await agent.start()
            try await agent.wait("a", hasCounted: first.packets + unseen.packets)
            let heard = try await receiver.count("requests")
            try await eventually("the new agent exports") { try await receiver.count("requests") > heard + 2 }
            let last = try await agent.send(1000, seed: 3)
            try await eventually("every packet of now has arrived") {
                let total = try await receiver.total("bpf.packets", "total")
                return total >= first.packets + last.packets && total <= (first + unseen + last).packets
            }
            let report = try await receiver.report()
            #expect(report["violations"] == [], "\(report["violations"] ?? .null)")
        }
    }
}

/// shared/tools/faulty_receiver.py, in an agent's namespace, where everybody expects a collector.
private final class AuditingReceiver {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    private static let tool = root + "/../shared/tools/faulty_receiver.py"
    private static let python = root + "/.venv/bin/python3"

    static let isThere: Bool = {
        guard FileManager.default.fileExists(atPath: tool) else { return false }
        let probe = Process()
        probe.executableURL = URL(fileURLWithPath: python)
        probe.arguments = ["-c", "import grpc, opentelemetry.proto, google.rpc.status_pb2"]
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()

    private let agent: AgentUnderTest
    private let process = Process()

    init(_ agent: AgentUnderTest, script: [String]) throws {
        self.agent = agent
        process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
        process.arguments =
            ["--net=\(agent.namespace.path)", Self.python, Self.tool, "--grpc", "127.0.0.1:4317"]
            + ["--http", "127.0.0.1:4318", "--duration", "900", "--quiet", "--script", script.joined(separator: ",")]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
    }

    func kill() { Glibc.kill(process.processIdentifier, SIGKILL) }

    func report() async throws -> JSON {
        try JSON(Array(try await agent.namespace.run(["curl", "-sS", "http://127.0.0.1:4318/_report"]).utf8))
    }

    func count(_ name: String) async throws -> Int { Int(number(try await report()["counts"]?[name])) }

    func count(_ name: String, of metric: String) async throws -> Int {
        Int(number(try await report()["metrics"]?[metric]?[name]))
    }

    /// Over all streams of a metric.
    func total(_ metric: String, _ member: String) async throws -> UInt64 {
        UInt64(number(try await report()["metrics"]?[metric]?[member]))
    }

    private func number(_ json: JSON?) -> Double {
        switch json {
        case .integer(let number)?: Double(number)
        case .number(let number)?: number
        default: 0
        }
    }
}
