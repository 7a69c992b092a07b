import Foundation
import Glibc
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

            let text = try await agent.command(["check", "--timeout", "600"])
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
            for (name, found) in answer.troubles {
                #expect(!found.contains("in time"), "\(name)")
            }
            #expect(answer.statuses["CAP_PERFMON"] == "warn" && answer.statuses["bpffs"] == "ok")
            let text = try await agent.command(["check", "--timeout", "600"])
            #expect(text.code == 1 && text.output.contains("fail  CAP_BPF        not in effect"))
            #expect(
                text.output.contains("\n      → run as root, or grant CAP_BPF") && text.output.contains("\nnot fit: "))

            let soft = try await agent.check(["TELEGEN_MIRROR_MODE": "placeholder"])
            #expect(soft.code == 0 && soft.fit && soft.statuses["CAP_BPF"] == "warn")
        }
    }

    @Test("with the agent's three rights attaching cannot be tried, and is told by the kernel")
    func leastRights() async throws {
        let rights = ["bpf", "net_admin", "perfmon"] + KernelUnderTest.rightsOfAStart
        try await AgentUnderTest.run(capabilities: rights) { agent in
            let answer = try await agent.check(["TELEGEN_MEASURE_COST": "true"])
            #expect(answer.fit && answer.statuses["CAP_SYS_ADMIN"] == "warn", "\(answer.troubles)")
            #expect(answer.statuses["BPF program"] == "ok", "\(answer.troubles)")
            #expect(["ok", "warn"].contains(answer.statuses["attaching"]))
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
}
