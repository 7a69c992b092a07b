import CLibbpf
import Foundation
import SonicDB
import Testing
import Traffic

@testable import Dataplane

@Suite(
    "Faults: what the machine lacks, and who else is there",
    .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct InstanceFaults {
    @Test("a second agent of one instance refuses with the remedy, and takes over when the first has died")
    func second() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.underTraffic {
                for _ in 1...3 {
                    #expect(try await agent.command(["run"]).code == 1)
                    try await agent.end(SIGKILL)
                    try await agent.start()
                }
            }
            #expect(agent.log.contains("another telegen-sonic runs here: stop it, or give this one a NAMESPACE_ID"))
            try await agent.audit(["a": sent])
        }
    }

    @Test("agents of different NAMESPACE_ID live side by side on one port, each with its own private database")
    func instances() async throws {
        try await AgentUnderTest.run { agent in
            let environment = ["NAMESPACE_ID": "asic1"]
            let other = try agent.spawn(["run"], more: environment)
            let map = DatabaseMap.privateServer(socket: agent.folder + "/state/redis-asic1/redis.sock")
            let (config, state) = (
                Database(try map.endpoint(of: "CONFIG_DB")), Database(try map.endpoint(of: "STATE_DB"))
            )
            func packets() async throws -> UInt64? {
                guard
                    case .row(let row)? = try? await state.read(
                        table: "TELEGEN_JOB_TABLE", keys: ["a"], guardKey: nil
                    ).rows["a"], row.fields["oper_status"] == "running"
                else { return nil }
                return row.fields["packets"].flatMap { UInt64($0) }
            }
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            try await eventually("the other's job runs") {
                _ = try? await config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
                _ = try? await config.send(["HSET", "TELEGEN_JOB|a", "port", "Ethernet0"])
                return try await packets() != nil
            }
            let sent = try await agent.send(500)
            try await agent.wait("a", hasCounted: sent.packets)
            try await eventually("the other has counted them too") { try await packets() == sent.packets }
            try await agent.delete("a")
            try await eventually("a is gone") { try await agent.row("a").isEmpty }
            let more = try await agent.send(500)
            try await eventually("the other counts on") { try await packets() == sent.packets + more.packets }
            _ = try await config.send(["DEL", "TELEGEN_JOB|a"])
            try await eventually("nothing stands") { try agent.standing("Ethernet0") == 0 }
            other.terminate()
            other.waitUntilExit()
            #expect(other.terminationStatus == 0)
            #expect(try await agent.fields("TELEGEN_AGENT_TABLE", "global")["version"] != nil)
        }
    }

    @Test(
        "a bpffs that becomes read-only: what counts goes on, what cannot end says so, and all is put right by itself")
    func readOnly() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            for job in ["a", "b"] {
                try await agent.write(job, ["port": "Ethernet0"])
                try await agent.wait(job, is: "running")
            }
            let bpffs = agent.folder + "/bpf"
            let sent = try await agent.underTraffic {
                _ = try await agent.mount(["-o", "remount,ro", bpffs])
                try await agent.write("b", ["admin_state": "down"])
                try await agent.write("c", ["port": "Ethernet0"])
                try await promptly("c says what is wrong") {
                    let row = try await agent.row("c")
                    return row["oper_status"] == "failed" && row["reason"]?.contains("mount bpffs for writing") == true
                }
                try await promptly("b is disabled") { try await agent.row("b")["oper_status"] == "disabled" }
                #expect(try await agent.row("a")["oper_status"] == "running")
                _ = try await agent.mount(["-o", "remount,rw", bpffs])
                try await agent.wait("c", is: "running")
                try await eventually("only a and c stand") { try agent.pins() == ["a_ingress", "c_ingress"] }
            }
            try await agent.audit(["a": sent], beside: ["c"])
        }
    }

    @Test(
        "on a read-only bpffs a tap that was detached by hand is told to fail, waits longer each time, and leaves nothing"
    )
    func readOnlyDetached() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            for job in ["a", "b", "x"] {
                try await agent.write(job, ["port": "Ethernet0", "detail": job == "x" ? "qos,flows,bursts" : ""])
                try await agent.wait(job, is: "running")
            }
            let link = FileDescriptor(owning: bpf_obj_get(agent.folder + "/bpf/telegen-sonic/links/b_ingress"))
            let sent = try await agent.underTraffic {
                _ = try await agent.mount(["-o", "remount,ro", agent.folder + "/bpf"])
                try await agent.delete("x")
                // With clsact there is none, and b counts on.
                if link.raw >= 0 {
                    try #require(bpf_link_detach(link.raw) == 0)
                    try await promptly("b is told to fail") {
                        try await agent.row("b")["oper_status"] == "failed"
                    }
                }
                try await agent.passStatusIntervals(4)
                let troubles = agent.log.split(separator: "\n").count { $0.contains("cannot take a tap off") }
                #expect(troubles <= 2)
                _ = try await agent.mount(["-o", "remount,rw", agent.folder + "/bpf"])
                try await agent.wait("b", is: "running")
            }
            try await agent.audit(["a": sent], beside: ["b"])
        }
    }

    @Test("a start on a bpffs that is read-only keeps the counts that were told, and goes on when it can")
    func readOnlyStart() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let first = try await agent.send(300)
            try await agent.wait("a", hasCounted: first.packets)
            try await agent.end(SIGTERM)
            _ = try await agent.mount(["-o", "remount,ro", agent.folder + "/bpf"])
            try await agent.start()
            let row = try await agent.wait("a", is: "placeholder")
            #expect(row["reason"]?.contains("goes on counting") == true)
            #expect(row["packets"] == "\(first.packets)" && row["started_at"]?.isEmpty == false)
            #expect(try await agent.statistics("a", "ingress") == first.fields)
            let second = try await agent.send(300, seed: 2)
            _ = try await agent.mount(["-o", "remount,rw", agent.folder + "/bpf"])
            try await agent.wait("a", hasCounted: (first + second).packets)
            try await agent.audit(["a": first + second])
        }
    }

    @Test("a limit of descriptors that is too low fails the job with the remedy; what else needs some has them")
    func descriptors() async throws {
        try await AgentUnderTest.onSONiC(through: ["prlimit", "--nofile=64:64"]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            for number in 0..<24 {
                try await agent.write("x\(number)", ["port": "Ethernet0", "detail": "qos,flows,bursts"])
            }
            let sent = try await agent.underTraffic {
                try await eventually("one says what it lacks") {
                    for number in 0..<24 {
                        let row = try await agent.row("x\(number)")
                        if row["oper_status"] == "failed", row["reason"]?.contains("limit of open files") == true {
                            return true
                        }
                    }
                    return false
                }
                #expect(agent.footprint.descriptors <= 64 - 16)
                // The agent has to connect anew.
                _ = try await agent.config.send(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
                _ = try await agent.config.send(["CLIENT", "KILL", "TYPE", "pubsub"])
                _ = try await agent.config.send(["DEL"] + (0..<24).map { "TELEGEN_JOB|x\($0)" })
                try await eventually("all of them are gone") {
                    try await agent.state.keys(of: "TELEGEN_JOB_TABLE") == ["a"]
                }
                try await agent.write("b", ["port": "Ethernet0", "detail": "qos"])
                try await agent.wait("b", is: "running")
            }
            try await agent.audit(["a": sent], beside: ["b"])
        }
    }

    @Test(
        "a kernel without ERSPAN: the job counts on its port and names the module that is missing",
        .enabled(if: !KernelUnderTest.hasERSPAN, "needs a kernel without ip_gre"))
    func noTunnels() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.withCollector { _ in
                try await agent.write("a", Collector.fields(key: 1))
                let row = try await agent.wait("a", is: "degraded")
                #expect(row["reason"]?.contains("modprobe ip_gre") == true, "\(row["reason"] ?? "")")
                #expect([row["mode"], row["interface"]] == ["port", "Ethernet0"])
                let sent = try await agent.send(300)
                try await agent.wait("a", hasCounted: sent.packets)
                try await agent.delete("a")
                try await eventually("it is gone") { try await agent.row("a").isEmpty }
            }
        }
    }

    @Test("flows for which there is no room in the quota: the job counts without them and says so")
    func flowQuota() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            for number in 0..<40 {
                try await agent.write(
                    "f\(number)", ["port": "Ethernet0", "detail": "flows,qos", "top_flows": "1024"])
            }
            func statuses() async throws -> [[String: String]] {
                var rows: [[String: String]] = []
                for number in 0..<40 { rows.append(try await agent.row("f\(number)")) }
                return rows
            }
            try await eventually("all count") {
                try await statuses().allSatisfy { ["running", "degraded"].contains($0["oper_status"]) }
            }
            let degraded = try await statuses().filter { $0["oper_status"] == "degraded" }
            #expect(!degraded.isEmpty && degraded.count < 40)
            #expect(degraded.allSatisfy { $0["reason"]?.contains("lower top_flows") == true })
            let sent = try await agent.send(200)
            for number in 0..<40 { try await agent.wait("f\(number)", hasCounted: sent.packets) }
            #expect(try agent.standing("Ethernet0") == 40)

            // A change for which there is no room is made but for the flows.
            try await agent.write("z", ["port": "Ethernet0", "ip_proto": "tcp"])
            try await agent.wait("z", is: "running")
            try await agent.write("z", ["ip_proto": "udp", "detail": "flows", "top_flows": "1024"])
            try await agent.wait("z", is: "degraded")
            let count = 1000
            _ = try await agent.send(count, seed: 2)
            var rule = FilterRule()
            rule.protocols = [17]
            let mix = KernelUnderTest.mix(seed: 2)
            try await agent.wait("z", hasSettledAt: ExpectedMeasurement(filter: rule, of: mix, count: count))
            #expect(
                try await agent.statistics("z", "ingress")["filtered"]
                    == "\(ExpectedMeasurement(filter: rule, of: mix, count: count).filtered)")
        }
    }

    @Test("no memory for a map: what counts goes on with its old program and says why, a new job fails with the remedy")
    func mapMemory() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/telegen-map-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await Self.compile(to: folder + "/object.o", in: folder, more: "")
        try await AgentUnderTest.onSONiC(["TELEGEN_BPF_OBJECT": folder + "/object.o"]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.underTraffic {
                try await agent.end(SIGKILL)
                // 16 TB, which the kernel refuses before it takes any.
                let huge = """
                    struct {
                    	__uint(type, BPF_MAP_TYPE_ARRAY);
                    	__uint(max_entries, 1 << 30);
                    	__type(key, __u32);
                    	__type(value, struct telegen_windows);
                    } huge SEC(".maps");
                    """
                try await Self.compile(to: folder + "/object.o", in: folder, more: huge)
                _ = try await agent.state.send(["DEL", "TELEGEN_JOB_TABLE|a"])
                try await agent.start()
                try await agent.write("b", ["port": "Ethernet0"])
                for (job, status) in [("a", "degraded"), ("b", "failed")] {
                    let reason = try await agent.wait(job, is: status)["reason"]
                    #expect(
                        reason?.contains(KernelUnderTest.wordForTooLargeMaps) == true
                            && reason?.contains("tried again by itself") == true,
                        "\(reason ?? "")")
                }
                try await Self.compile(to: folder + "/object.o", in: folder, more: "")
                try await agent.end(SIGKILL)
                try await agent.start()
                for job in ["a", "b"] { try await agent.wait(job, is: "running") }
            }
            try await agent.audit(["a": sent], beside: ["b"])
        }
    }

    /// The product's object, with more at its end.
    private static func compile(to object: String, in folder: String, more: String) async throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let bpf = tests.deletingLastPathComponent().deletingLastPathComponent().path + "/bpf"
        let source = try String(contentsOfFile: bpf + "/count.bpf.c", encoding: .utf8) + more + "\n"
        try Data(source.utf8).write(to: URL(fileURLWithPath: folder + "/count.bpf.c"))
        let compile = """
            "$(dirname "$(readlink -f "$(command -v swift)")")/clang" -target bpf -mcpu=v3 -O2 -g -I "$1/include" -I "$1" \
              -isystem "$1/shim" -c "$2" -o "$3"
            """
        _ = try await output(of: ["sh", "-c", compile, "sh", bpf, folder + "/count.bpf.c", object])
    }

    @Test("a full disk: the start of a private database says so, a new identity is told, and no job is harmed by it")
    func fullDisk() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let disk = agent.folder + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            _ = try await agent.mount(["-t", "tmpfs", "-o", "size=4k,nr_inodes=3", "tmpfs", disk])
            do {
                let full = ["TELEGEN_DB": "private", "TELEGEN_STATE_DIR": disk + "/state", "NAMESPACE_ID": "full"]
                let result = try await agent.command(["run"], environment: full)
                #expect(result.code == 1)
                #expect(agent.log.contains("No space left on device"))
                try await agent.end(SIGTERM)
                let sent = try await agent.underTraffic { try await agent.start() }
                try await agent.audit(["a": sent])
            } catch {
                _ = try? await output(of: ["umount", disk])
                throw error
            }
            _ = try await output(of: ["umount", disk])
        }
    }
}

extension AgentUnderTest {
    fileprivate func mount(_ arguments: [String]) async throws -> String { try await output(of: ["mount"] + arguments) }
}
