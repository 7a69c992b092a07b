import Foundation
import Glibc
import HTTPAPI
import Testing

@Suite("Whether this machine is fit", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct CheckTests {
    @Test("beside an agent that counts all is fine, for people and for programs, and nothing of it is touched")
    func fit() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let before = try agent.pins()
            let first = try await agent.send(100)
            try await agent.wait("a", hasCounted: first.packets)
            try await agent.beat(every: 60)
            let answer = try await agent.check()
            #expect(answer.code == 0 && answer.fit)
            for (name, status) in answer.statuses { #expect(status == "ok", "\(name): \(answer.found[name] ?? "")") }
            for name in ["kernel", "CAP_BPF", "bpffs", "BTF", "BPF program", "attaching", "GRE", "collector"] {
                #expect(answer.statuses[name] != nil, "\(name)")
            }
            #expect(answer.found["agent"]?.hasSuffix("pid \(agent.pid)") == true)
            #expect(answer.found["jobs"] == "1 in STATE_DB, 1 running")
            #expect(answer.found["HTTP"] == "127.0.0.1:8080 answers")
            #expect(answer.found["attaching"]?.contains("in a network namespace of its own") == true)

            let text = try await agent.command(["check", "--timeout", "120"])
            #expect(text.code == 0 && text.output.hasSuffix("\n\nfit, 0 warnings\n") && !text.output.contains("→"))
            #expect(try agent.pins() == before)
            try await agent.beat(every: 1)
            let second = try await agent.send(100)
            try await agent.wait("a", hasCounted: first.packets + second.packets)
        }
    }

    @Test("without an agent it says what the agent would do, mounts nothing and starts no server")
    func beforeTheStart() async throws {
        try await AgentUnderTest.run { agent in
            let own = agent.folder + "/own"
            let environment = ["TELEGEN_BPFFS": own + "/bpf", "TELEGEN_STATE_DIR": own + "/state"]
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
            try await agent.end(SIGKILL)
            let answer = try await agent.check(environment)
            #expect(answer.code == 0 && answer.fit)
            #expect(
                answer.statuses["agent"] == "warn" && answer.remedies["agent"]?.contains("telegen-sonic run") == true)
            #expect(answer.found["bpffs"]?.contains("the agent mounts it") == true)
            #expect(
                answer.found["databases"]?.hasSuffix("/redis-server") == true && answer.statuses["CONFIG_DB"] == nil)
            #expect(answer.found["HTTP"] == "127.0.0.1:8080 is free")
            #expect(try FileManager.default.contentsOfDirectory(atPath: own).isEmpty)
        }
    }

    @Test("without rights each that is missing fails by its name; in placeholder mode it is a warning")
    func rights() async throws {
        try await AgentUnderTest.run(capabilities: []) { agent in
            let answer = try await agent.check()
            #expect(answer.code == 1 && !answer.fit)
            for name in ["CAP_BPF", "CAP_NET_ADMIN", "BPF program", "attaching"] {
                #expect(answer.statuses[name] == "fail" && answer.remedies[name]?.contains("root") == true, "\(name)")
            }
            #expect(answer.statuses["CAP_PERFMON"] == "warn" && answer.statuses["bpffs"] == "ok")
            let text = try await agent.command(["check", "--timeout", "120"])
            #expect(text.code == 1 && text.output.contains("fail  CAP_BPF        not in effect"))
            #expect(
                text.output.contains("\n      → run as root, or grant CAP_BPF") && text.output.contains("\nnot fit: "))

            let soft = try await agent.check(["TELEGEN_MIRROR_MODE": "placeholder"])
            #expect(soft.code == 0 && soft.fit && soft.statuses["CAP_BPF"] == "warn")
        }
    }

    @Test("with the agent's three rights attaching cannot be tried, and is told by the kernel")
    func leastRights() async throws {
        try await AgentUnderTest.run(capabilities: ["bpf", "net_admin", "perfmon"]) { agent in
            let answer = try await agent.check(["TELEGEN_MEASURE_COST": "true"])
            #expect(answer.fit && answer.statuses["BPF program"] == "ok" && answer.statuses["CAP_SYS_ADMIN"] == "warn")
            #expect(answer.statuses["attaching"] != "fail")
            #expect(answer.found["attaching"]?.contains("namespace of its own") == false)
            let closed = try await agent.check(["TELEGEN_BPFFS": agent.folder + "/other"])
            #expect(closed.statuses["bpffs"] == "fail" && closed.remedies["bpffs"]?.contains("mount -t bpf") == true)
        }
    }

    @Test("both ways to attach are tried by name", arguments: KernelUnderTest.attachTypes)
    func attaching(type: String) async throws {
        try await AgentUnderTest.run { agent in
            let answer = try await agent.check(["TELEGEN_ATTACH": type])
            #expect(answer.statuses["attaching"] == "ok" && answer.found["attaching"]?.hasPrefix(type) == true)
        }
    }

    @Test("databases that are not there, do not answer, or are being rebuilt")
    func databases() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            #expect(try await agent.check().statuses["CONFIG_DB"] == "warn", "no CONFIG_DB_INITIALIZED")
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            #expect(try await agent.check().statuses["CONFIG_DB"] == "ok")
            let unmapped = try await agent.check(["TELEGEN_DB_CONFIG": "/nowhere.json"])
            #expect(unmapped.code == 1 && unmapped.found["databases"]?.hasPrefix("/nowhere.json: ") == true)
            let programless = try await agent.check([
                "TELEGEN_DB": "private", "TELEGEN_STATE_DIR": agent.folder + "/own", "PATH": "/nowhere",
            ])
            #expect(programless.statuses["databases"] == "fail")
            #expect(programless.remedies["databases"]?.contains("apt-get install redis-server") == true)
            redis.signal(SIGSTOP)
            let silent = try await agent.check(timeout: 3)
            redis.signal(SIGCONT)
            #expect(silent.code == 1 && silent.statuses["CONFIG_DB"] == "fail" && silent.statuses["agent"] == "warn")
            redis.crash()
            let dead = try await agent.check()
            #expect(dead.code == 1 && dead.remedies["STATE_DB"]?.contains("start redis-server") == true)
        }
    }

    @Test("a collector is looked for where CONFIG_DB says, else the environment")
    func collector() async throws {
        try await AgentUnderTest.run { agent in
            let environment = ["OTEL_SDK_DISABLED": "false", "OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:9"]
            let absent = try await agent.check(environment)
            #expect(absent.fit && absent.code == 0 && absent.statuses["collector"] == "warn")
            #expect(absent.found["collector"] == "127.0.0.1:9: Connection refused")
            // The HTTP API listens there, which is enough for a connection.
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "otlp_endpoint", "127.0.0.1:8080"])
            #expect(try await agent.check(environment).found["collector"] == "127.0.0.1:8080 accepts connections")
        }
    }

    @Test("the HTTP API: over TLS too; settings that are refused, files of no use, an address that others have")
    func http() async throws {
        try await withTemporaryFolder { folder in
            let files = try await Certificate.make(in: folder)
            let tls = ["TELEGEN_TLS_CERT": files.certificate, "TELEGEN_TLS_KEY": files.key]
            try await AgentUnderTest.run(tls) { agent in
                try await eventually("it listens") { agent.log.contains("listening on 127.0.0.1:8080 with TLS") }
                try await agent.beat(every: 60)
                #expect(try await agent.check().found["HTTP"] == "127.0.0.1:8080 answers")
                let mutual = try await agent.check(["TELEGEN_TLS_CLIENT_CA": files.certificate])
                #expect(mutual.found["HTTP"]?.contains("accepts connections") == true)
                let elsewhere = try await agent.check(["TELEGEN_LISTEN": "127.0.0.1:9"])
                #expect(elsewhere.statuses["HTTP"] == "warn")
                #expect(try await agent.check(["TELEGEN_LISTEN": "0.0.0.0:8080"]).statuses["HTTP"] == "fail")
                let wrong = try await agent.check(["TELEGEN_TLS_KEY": folder, "TELEGEN_TOKENS": "/nowhere"])
                #expect(wrong.code == 1 && wrong.found["HTTP files"]?.contains("TELEGEN_TLS_KEY=\(folder)") == true)
                try Data("operator 12".utf8).write(to: URL(filePath: folder + "/tokens"))
                let tokens = try await agent.check(["TELEGEN_TOKENS": folder + "/tokens"])
                #expect(tokens.found["HTTP files"]?.contains("/tokens, line 1") == true)
                let occupied = try await agent.check(["TELEGEN_LISTEN": "unix:" + folder + "/tokens"])
                #expect(occupied.found["HTTP"]?.contains("something else has that name") == true)
            }
        }
    }

    @Test("what the environment has that cannot be used")
    func environment() async throws {
        try await AgentUnderTest.run { agent in
            let answer = try await agent.check([
                "TELEGEN_ATTACH": "xdp", "NAMESPACE_ID": "links", "TELEGEN_BPF_OBJECT": "/etc/passwd",
                "TELEGEN_MIRROR_MODE": "erspan", "TELEGEN_ERSPAN_REMOTE": "192.0.2.1",
            ])
            #expect(answer.code == 1 && answer.found["environment"]?.contains("TELEGEN_ATTACH") == true)
            #expect(answer.statuses["environment"] == "warn" && answer.statuses["NAMESPACE_ID"] == "fail")
            #expect(answer.statuses["BPF object"] == "fail" && answer.statuses["BPF program"] == nil)
            for arguments in [["this"], ["--timeout", "0"], ["--timeout", "601"]] {
                #expect(try await agent.command(["check"] + arguments).code == 2)
            }
        }
    }

    @Test("what hangs is told and not waited for")
    func hanging() async throws {
        try await AgentUnderTest.run { agent in
            let fifo = agent.folder + "/fifo"
            try #require(mkfifo(fifo, 0o600) == 0)
            let answer = try await agent.check(
                [
                    "TELEGEN_DB": "sonic", "TELEGEN_DB_CONFIG": fifo, "TELEGEN_TOKENS": fifo,
                    "OTEL_SDK_DISABLED": "false", "OTEL_EXPORTER_OTLP_CERTIFICATE": fifo,
                ], timeout: 1)
            #expect(answer.code == 1 && answer.found["databases"]?.contains("no answer within") == true)
            #expect(answer.found["HTTP files"]?.contains("takes longer") == true)
            #expect(answer.statuses["collector"] == "warn")
        }
    }
}

/// What `check --json` says, by the requirements' names.
private struct CheckAnswer {
    let code: Int32
    let fit: Bool
    private(set) var statuses: [String: String] = [:]
    private(set) var found: [String: String] = [:]
    private(set) var remedies: [String: String] = [:]

    init(_ code: Int32, _ json: JSON) throws {
        self.code = code
        fit = json["fit"] == .bool(true)
        try #require(fit || json["fit"] == .bool(false))
        let checks = json.array("checks")
        try #require(!checks.isEmpty)
        for check in checks {
            guard case .object(let members) = check else { throw CancellationError() }
            #expect(Set(members.keys) == ["name", "status", "found", "remedy"] && !check.text("found").isEmpty)
            #expect((members["remedy"] == .null) == (check.text("status") == "ok"))
            let name = check.text("name")
            (statuses[name], found[name], remedies[name]) = (
                check.text("status"), check.text("found"), check.text("remedy")
            )
        }
    }
}

extension AgentUnderTest {
    /// A heartbeat is fresh for three status intervals, in which even a starved agent has its turn.
    fileprivate func beat(every interval: Int) async throws {
        _ = try await config.send(["HSET", "TELEGEN|global", "status_interval", "\(interval)"])
    }

    /// - Parameter timeout: in seconds; far more than it takes on the slowest machine.
    fileprivate func check(_ environment: [String: String] = [:], timeout: Int = 120) async throws -> CheckAnswer {
        let (code, output) = try await command(
            ["check", "--json", "--timeout", "\(timeout)"], environment: environment)
        return try CheckAnswer(code, JSON(Array(output.utf8)))
    }
}
