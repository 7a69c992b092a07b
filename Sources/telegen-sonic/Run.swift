import Agent
import ArgumentParser
import Glibc
import Logging

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the agent (the default).",
        discussion: """
            Reads jobs from CONFIG_DB (TELEGEN_JOB), counts on their ports, writes STATE_DB and exports metrics. SIGTERM \
            and Ctrl-C flush once and leave the taps attached and counting; the next start continues them.
            """)

    @Flag(help: "Take all taps off the ports, and forget their counts, when the agent ends.")
    var detachOnExit = false

    @Option(help: "Where metrics go, instead of what CONFIG_DB or the environment say: HOST:PORT or a URL.")
    var otlpEndpoint: String?

    @Option(help: "Seconds between updates of STATE_DB, 1 to 300, instead of what CONFIG_DB says.")
    var statusInterval: Int?

    @Option(help: "trace, debug, info, notice, warning, error or critical (TELEGEN_LOG_LEVEL).")
    var logLevel: String?

    func validate() throws {
        if let statusInterval, !(1...300).contains(statusInterval) {
            throw ValidationError("--status-interval \(statusInterval): must be 1 to 300")
        }
        if let logLevel, Logger.Level(rawValue: logLevel) == nil {
            throw ValidationError("--log-level \(logLevel): must be \(Self.levels)")
        }
        if let otlpEndpoint, let problem = AgentOptions.problem(withEndpoint: otlpEndpoint) {
            throw ValidationError("--otlp-endpoint: \(problem)")
        }
    }

    /// Gives up the rights that only a start needs, and says what did not work. While there is one thread: rights are a
    /// thread's.
    func reducePrivileges() {
        for problem in Privileges.reduce(AgentOptions.fromEnvironment(Environment.all).options) {
            write("telegen-sonic: warning: \(problem)\n", to: STDERR_FILENO)
        }
    }

    func run() async throws {
        let environment = Environment.all
        var (options, warnings) = AgentOptions.fromEnvironment(environment)
        options.detachOnExit = detachOnExit
        options.fixed.otlpEndpoint = otlpEndpoint
        options.fixed.statusInterval = statusInterval
        let level = logLevel ?? environment["TELEGEN_LOG_LEVEL"].flatMap { $0.isEmpty ? nil : $0 }
        let logs = LogControl(
            level.flatMap { Logger.Level(rawValue: $0.lowercased()) } ?? .notice, isFixed: logLevel != nil)
        if let level, Logger.Level(rawValue: level.lowercased()) == nil {
            warnings.append("TELEGEN_LOG_LEVEL=\(level.prefix(40).debugDescription): must be \(Self.levels); ignored")
        }
        let logger = logs.makeLogger()
        for warning in warnings { logger.warning("\(warning)") }
        do {
            try await Agent(options, build: .stamped, logs: logs).runUntilSignal()
        } catch {
            write("telegen-sonic: \(error)\n", to: STDERR_FILENO)
            throw ExitCode.failure
        }
    }

    private static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
}

/// This process' environment.
enum Environment {
    static var all: [String: String] {
        var result: [String: String] = [:]
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }
}
