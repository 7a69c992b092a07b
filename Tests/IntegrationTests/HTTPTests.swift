import Domain
import Foundation
import Testing
import Traffic

@testable import HTTPAPI

@Suite("The agent's HTTP API", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct HTTPTests {
    @Test("the ancestor's lines work as they were written: a job is started, looked at and stopped with curl")
    func ancestor() async throws {
        try await AgentUnderTest.run { agent in
            let base = "http://127.0.0.1:8080"
            let started = try await agent.curl([
                "-X", "POST", "\(base)/jobs/start", "-H", "Content-Type: application/json", "-d",
                #"{"port": "Ethernet0", "direction": "ingress"}"#,
            ])
            #expect(started["status"] == "starting" && started["interface"] == "Ethernet0")
            guard case .string(let job)? = started["job_id"] else { return #expect(Bool(false)) }
            try await agent.wait(job, is: "running")
            let sent = try await agent.send(100)
            try await agent.wait(job, hasCounted: sent.packets)
            let shown = try await agent.curl(["\(base)/jobs/\(job)"])
            #expect(shown["status"] == "running" && shown["packets"] == .integer(Int64(sent.packets)))
            let results = try await agent.curl(["\(base)/v1/monitor/jobs/\(job)/results?format=json"])
            #expect(results["bytes_total"] == .integer(Int64(sent.bytes)))
            #expect(try await agent.curl(["-X", "POST", "\(base)/jobs/\(job)/stop"])["status"] == "stopped")
            try await agent.wait(job, is: "disabled")
            #expect(try await agent.curl(["\(base)/jobs/\(job)"])["status"] == "disabled")
            #expect(try await agent.curl(["-X", "DELETE", "\(base)/jobs/\(job)"])["status"] == "stopped")
            try await eventually("its row is gone") { try await agent.row(job).isEmpty }
            #expect(try await agent.curl(["\(base)/readyz"])["status"] == "ready")
            #expect(try await agent.curl(["-H", "Host:", "\(base)/jobs"])["error"] == "bad_request", "no Host")
        }
    }

    @Test("filters and details of a request are those of the job, which ends by itself after duration_sec")
    func whole() async throws {
        try await AgentUnderTest.run { agent in
            _ = try await agent.curl([
                "http://127.0.0.1:8080/v1/monitor/jobs", "-H", "Content-Type: application/json", "-d",
                """
                {"job_id": "m", "port": "Ethernet0", "filters": {"ip_proto": "udp"}, "result_detail": "flows",
                 "duration_sec": 3600}
                """,
            ])
            try await agent.wait("m", is: "running")
            let count = 500
            _ = try await agent.send(count)
            var rule = FilterRule()
            rule.protocols = [17]
            let expected = ExpectedMeasurement(filter: rule, of: KernelUnderTest.mix(seed: 1), count: count)
            try await agent.wait("m", hasSettledAt: expected)
            let results = try await agent.curl(["http://127.0.0.1:8080/jobs/m/results"])
            #expect(results["packets_total"] == .integer(Int64(expected.tally.packets)))
            #expect(results["errors"]?["filtered"] == .integer(Int64(expected.filtered)))
            guard case .array(let flows)? = results["top_flows"] else { return #expect(Bool(false)) }
            #expect(!flows.isEmpty)
            let end = try await agent.row("m")["expires_at"].flatMap { UnixTime(rfc3339: $0) }
            let now = UnixTime.now.nanoseconds / 1_000_000_000
            let left = try #require(end).nanoseconds / 1_000_000_000 - now
            #expect((1..<3601).contains(left))
        }
    }

    @Test("on a Unix socket, on no address at all, and never beyond this machine without TLS and authentication")
    func addresses() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/telegen-http-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // What a killed agent has left is no obstacle.
        for _ in 0..<2 {
            try await AgentUnderTest.run(["TELEGEN_LISTEN": "unix:\(folder)/api.sock"]) { agent in
                let health = try await agent.curl(["--unix-socket", "\(folder)/api.sock", "http://localhost/healthz"])
                #expect(health["status"] == "ok")
                let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/api.sock")[.posixPermissions]
                #expect(mode as? Int == 0o600)
                try await agent.end(SIGKILL)
            }
        }
        for (address, log) in [("off", nil), ("0.0.0.0:8080", "not listening on 0.0.0.0:8080")] {
            try await AgentUnderTest.run(["TELEGEN_LISTEN": address]) { agent in
                try await agent.write("m", ["port": "Ethernet0"])
                try await agent.wait("m", is: "running")
                if let log { try await eventually("it says why") { agent.log.contains(log) } }
                let listeners = try await agent.namespace.run(["ss", "-Hltn"])
                #expect(listeners.isEmpty, "\(listeners)")
            }
        }
    }

    @Test("an address that somebody else has is told once and tried again; the agent counts meanwhile")
    func occupied() async throws {
        try await AgentUnderTest.run { agent in
            try await eventually("the first listens") { agent.log.contains("listening on 127.0.0.1:8080") }
            try await agent.withSecond { second in
                try await eventually("it says so") { second().contains("cannot listen on 127.0.0.1:8080") }
            }
        }
    }

    @Test(
        "schemathesis finds no answer that the description does not have, and no error of the server",
        .enabled(if: Schemathesis.isInstalled, "needs schemathesis: make venv"))
    func described() async throws {
        try await AgentUnderTest.run { agent in
            try await Schemathesis.run(in: agent, examples: Schemathesis.examples)
            #expect(try await agent.curl(["http://127.0.0.1:8080/readyz"])["status"] == "ready")
            let warnings = agent.log.split(separator: "\n").filter { $0.contains("a request failed") }
            #expect(warnings.isEmpty)
        }
    }
}

/// A tester of HTTP APIs that makes requests from their description, right ones and wrong ones.
private enum Schemathesis {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    private static var program: String { root + "/.venv/bin/schemathesis" }

    static var isInstalled: Bool {
        FileManager.default.isExecutableFile(atPath: program)
            || ProcessInfo.processInfo.environment["TELEGEN_REQUIRE_ALL"] == "1"
    }

    /// For each operation and each of its phases: TELEGEN_API_EXAMPLES.
    static let examples = ProcessInfo.processInfo.environment["TELEGEN_API_EXAMPLES"].flatMap { Int($0) } ?? 10

    /// Throws what it has found. Its random numbers are the same in every run.
    static func run(in agent: AgentUnderTest, examples: Int) async throws {
        let command = [
            "env", "-C", agent.folder, "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH=\(root)/scripts", program,
            "run",
            "http://127.0.0.1:8080/openapi.json", "--checks", "all", "--max-examples", "\(examples)", "--seed", "1",
            "--no-color", "--generation-database", "none", "--exclude-path", "/jobs/events",
        ]
        // It prints what it has found where failed commands are not looked at.
        let quoted = command.map { "'\($0)'" }.joined(separator: " ")
        let log = "'\(agent.folder)/schemathesis'"
        let count = try await agent.namespace.run(
            ["sh", "-c", "\(quoted) >\(log) 2>&1 || { cat \(log) >&2; exit 1; }; grep generated \(log)"],
            deadline: .seconds(300 + 30 * examples).stretched)
        print("schemathesis:\(count)", terminator: "")
    }
}

extension AgentUnderTest {
    /// What curl prints, which waits until the agent listens.
    fileprivate func curl(_ arguments: [String]) async throws -> JSON {
        let text = try await namespace.run(
            ["curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"] + arguments)
        return try JSON(Array(text.utf8))
    }

    /// Runs another agent beside this one, in the same namespace and with everything of its own, and gives its log.
    fileprivate func withSecond(_ body: (() -> String) async throws -> Void) async throws {
        let own = folder + "/second"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        let output = FileManager.default.createFile(atPath: own + "/log", contents: nil)
        #expect(output)
        let log = try #require(FileHandle(forWritingAtPath: own + "/log"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
        process.arguments = ["--net=\(namespace.path)", Self.program]
        process.environment = [
            "TELEGEN_DB": "private", "TELEGEN_STATE_DIR": own, "TELEGEN_MIRROR_MODE": "placeholder",
            "OTEL_SDK_DISABLED": "true", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        (process.standardError, process.standardOutput) = (log, log)
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        try await body { (try? String(contentsOfFile: own + "/log", encoding: .utf8)) ?? "" }
    }
}
