import Glibc
import Subprocess
import Synchronization
import Testing

/// A real OpenTelemetry collector (rotel, from PyPI) that listens on this machine's loopback and
/// tells the test what arrives.
///
///     let collector = try await Rotel.start()
///     … export to collector.grpcEndpoint …
///     let points = try await collector.points { $0.count == 2 }
///     await collector.stop()
final class Rotel: Sendable {
    /// Where it takes OTLP over gRPC: `127.0.0.1:port`.
    let grpcEndpoint: String
    /// Where it takes OTLP over HTTP: `http://127.0.0.1:port`.
    let httpEndpoint: String
    private let output = RotelOutput()
    private let process: Task<Void, Never>

    /// Starts one and returns when it listens. Ports that somebody else took meanwhile are no
    /// problem: others are tried.
    static func start() async throws -> Rotel {
        let executable = try #require(executable, "rotel is missing: make venv")
        for _ in 1...5 {
            let rotel = try Rotel([executable], grpcPort: Loopback.freePort(), httpPort: Loopback.freePort())
            if await rotel.isListening(within: .seconds(30).stretched) { return rotel }
            await rotel.stop()
        }
        throw RotelError.doesNotStart
    }

    /// Starts one inside a namespace, at the ports where everybody expects a collector.
    static func start(in namespace: Namespace) async throws -> Rotel {
        let executable = try #require(executable, "rotel is missing: make venv")
        let rotel = Rotel(namespace.command([executable]), grpcPort: 4317, httpPort: 4318)
        try await eventually("the collector listens") {
            try namespace.inside { Loopback.isListening(4317) && Loopback.isListening(4318) }
        }
        return rotel
    }

    /// The points that have arrived so far, in order.
    func points() -> [CollectedPoint] { output.points() }

    /// Waits until the points that have arrived are as wanted, and returns them.
    func points(
        within limit: Duration = .seconds(60).stretched, until isAsWanted: ([CollectedPoint]) -> Bool
    ) async throws -> [CollectedPoint] {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let points = points()
            if isAsWanted(points) { return points }
            try await Task.sleep(for: .milliseconds(20).stretched)
        }
        throw RotelError.notAsWanted(points())
    }

    /// Ends it and waits until it is gone.
    func stop() async {
        process.cancel()
        await process.value
    }

    private init(_ command: [String], grpcPort: UInt16, httpPort: UInt16) {
        grpcEndpoint = "127.0.0.1:\(grpcPort)"
        httpEndpoint = "http://127.0.0.1:\(httpPort)"
        // `timeout` ends the collector of a test run that crashed.
        let options = [
            "start", "--otlp-grpc-endpoint", grpcEndpoint, "--otlp-http-endpoint", "127.0.0.1:\(httpPort)",
            "--debug-log", "metrics", "--debug-log-verbosity", "detailed", "--exporter", "blackhole",
        ]
        let arguments = ["-k", "1", "\(900 * timeFactor)"] + command + options
        process = Task { [output] in await Rotel.run(arguments, output) }
    }

    private static func run(_ arguments: [String], _ output: RotelOutput) async {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        _ = try? await Subprocess.run(
            .name("timeout"), arguments: Arguments(arguments), platformOptions: options, input: .none,
            output: .sequence, error: .discarded
        ) { execution in
            for try await line in execution.standardOutput.strings() { output.add(line) }
        }
        output.end()
    }

    private func isListening(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        let ports = [grpcEndpoint, httpEndpoint].compactMap { UInt16($0.split(separator: ":").last ?? "") }
        while ContinuousClock.now < deadline, !output.hasEnded {
            if ports.allSatisfy(Loopback.isListening) { return true }
            try? await Task.sleep(for: .milliseconds(20).stretched)
        }
        return false
    }
}

enum RotelError: Error {
    case doesNotStart
    case notAsWanted([CollectedPoint])
}

extension Rotel {
    /// `TELEGEN_ROTEL`, else the package's virtual environment, else the PATH.
    static let executable: String? = candidates.first { access($0, X_OK) == 0 }

    private static var candidates: [String] {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let path = variable("PATH")?.split(separator: ":").map { "\($0)/rotel-agent" } ?? []
        let environment = ["/\(root)/.venv/bin/rotel-agent"] + inPython("/\(root)/.venv")
        return [variable("TELEGEN_ROTEL")].compactMap(\.self) + environment + path
    }

    /// The wheel has the program among its modules.
    private static func inPython(_ environment: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("\(environment)/lib/python3*/site-packages/rotel/rotel-agent", 0, nil, &found) == 0 else {
            return []
        }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    fileprivate static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that need a real collector; TELEGEN_REQUIRE_ALL=1 says that it has to be there.
    static var needsRotel: Self {
        .enabled(
            if: Rotel.executable != nil || Rotel.variable("TELEGEN_REQUIRE_ALL") == "1", "needs rotel: make venv")
    }
}
