import Foundation
import HTTPAPI
import Subprocess
import Testing

/// A real server of metrics in an agent's namespace, which is asked what it knows in PromQL.
struct MetricsServer: Sendable {
    enum Kind: String {
        /// Takes OTLP over HTTP, and names metrics as Prometheus does.
        case victoriaMetrics = "victoria-metrics"
        /// Scrapes the agent every second.
        case prometheus
    }

    private let url: String
    private let namespace: Namespace

    /// Runs one while `body` asks it. What it stores is in the agent's folder.
    static func run(
        _ kind: Kind, beside agent: AgentUnderTest, _ body: (MetricsServer) async throws -> Void
    ) async throws {
        let program = try #require(Self.program(kind.rawValue), "\(kind.rawValue) is missing: make receivers")
        let server = MetricsServer(url: "http://\(kind.address)", namespace: agent.namespace)
        // `timeout` ends the server of a test run that crashed.
        let command = try agent.namespace.command([program] + kind.options(storingIn: agent.folder))
        let process = Task { await run(["-k", "1", "\(900 * timeFactor)"] + command) }
        let result: Result<Void, any Error>
        do {
            try await eventually("\(kind.rawValue) listens") { (try? await server.get("/-/ready")) != nil }
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        process.cancel()
        await process.value
        try result.get()
    }

    private static func run(_ arguments: [String]) async {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        _ = try? await Subprocess.run(
            .name("timeout"), arguments: Arguments(arguments), platformOptions: options, input: .none,
            output: .discarded, error: .discarded)
    }

    /// What an instant query finds now.
    func samples(_ text: String) async throws -> [JSON] {
        // VictoriaMetrics would keep answers for a while.
        let parameters = ["query=\(text)", "nocache=1"].flatMap { ["--data-urlencode", $0] }
        let answer = try JSON(Array(try await get("/api/v1/query", parameters).utf8))
        guard case .array(let samples)? = answer["data"]?["result"] else { throw MetricsServerError(text, answer) }
        return samples
    }

    /// The same: values by labels.
    func query(_ text: String) async throws -> [[String: String]: UInt64] {
        var values: [[String: String]: UInt64] = [:]
        for sample in try await samples(text) {
            guard case .object(let labels)? = sample["metric"], case .array(let pair)? = sample["value"],
                pair.count == 2, let value = UInt64(pair[1].plain)
            else { throw MetricsServerError(text, sample) }
            values[labels.mapValues(\.plain)] = value
        }
        return values
    }

    private func get(_ path: String, _ options: [String] = []) async throws -> String {
        try await namespace.run(["curl", "-sS", "--fail", "-G", url + path] + options)
    }
}

private struct MetricsServerError: Error {
    let query: String
    let answer: JSON

    init(_ query: String, _ answer: JSON) { (self.query, self.answer) = (query, answer) }
}

extension MetricsServer.Kind {
    fileprivate var address: String { self == .prometheus ? "127.0.0.1:9090" : "127.0.0.1:8428" }

    fileprivate func options(storingIn folder: String) throws -> [String] {
        switch self {
        case .victoriaMetrics:
            return [
                "-httpListenAddr=\(address)", "-storageDataPath=\(folder)/victoria-metrics",
                "-opentelemetry.usePrometheusNaming", "-search.latencyOffset=0s",
            ]
        case .prometheus:
            let configuration = """
                {"global": {"scrape_interval": "1s"},
                 "scrape_configs": [{"job_name": "telegen", "static_configs": [{"targets": ["127.0.0.1:8080"]}]}]}
                """
            let path = folder + "/prometheus.yml"
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: path))
            return [
                "--config.file=\(path)", "--web.listen-address=\(address)", "--storage.tsdb.path=\(folder)/prometheus",
            ]
        }
    }
}

extension MetricsServer {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

    /// Of `make receivers`, else of the PATH.
    static func program(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        return ([root + "/.build-tools"] + path).map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that need a program of `make receivers`; TELEGEN_REQUIRE_ALL=1 says that it has to be there.
    static func needs(_ program: String) -> Self {
        let isRequired = ProcessInfo.processInfo.environment["TELEGEN_REQUIRE_ALL"] == "1"
        return .enabled(
            if: isRequired || MetricsServer.program(program) != nil, "needs \(program): make receivers")
    }
}
