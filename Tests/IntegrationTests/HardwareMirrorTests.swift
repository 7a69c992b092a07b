import Glibc
import SonicDB
import Testing
import Traffic

@Suite(
    "Mirrors that the switch's hardware makes", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct HardwareMirrorTests {
    private static let job = [
        "port": "Ethernet4", "direction": "egress", "mirror_mode": "asic", "sink_port": "Ethernet0",
        "erspan_remote": "192.0.2.100", "erspan_local": "192.0.2.10", "erspan_key": "42",
    ]

    /// An agent on SONiC's databases, with an orchestration agent.
    private func withSwitch(_ body: (AgentUnderTest, Orchestration) async throws -> Void) async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await Orchestration.running(beside: agent) { try await body(agent, $0) }
        }
    }

    @Test("a session is made for the job, and what arrives is counted as what the port sends")
    func life() async throws {
        try await withSwitch { agent, orchestration in
            try await agent.write("m", Self.job)
            let row = try await agent.wait("m", is: "running")
            #expect([row["mode"], row["interface"], row["port"]] == ["asic", "Ethernet0", "Ethernet4"])
            let name = try #require(await orchestration.taken.first)
            let session = try await agent.session(name)
            #expect(
                [session["src_port"], session["direction"], session["dst_ip"]] == ["Ethernet4", "TX", "192.0.2.10"])
            // As the hardware sends them: type I, without a sequence number.
            let copy = Encapsulation(version: .typeI).wrap(try #require(Corpus["ipv6-tcp-74"]).bytes)
            try await agent.deliver([copy, copy])
            try await agent.wait("m", hasCounted: 2)
            #expect(try await agent.statistics("m", "ingress")["ipv6_bytes"] == "148")

            try await agent.write("m", ["erspan_ttl": "9"])
            try await eventually("the session is another one") {
                let isNew = try await agent.session(name)["ttl"] == "9"
                return await orchestration.taken == [name, name] && isNew
            }
            try await agent.wait("m", is: "running")
            #expect(try await agent.row("m")["packets"] == "2")
            try await agent.delete("m")
            try await eventually("no session is left") { try await agent.session(name).isEmpty }
        }
    }

    @Test("what others mirror is left alone; what the switch ignores, or does not send, is told")
    func troubles() async throws {
        try await withSwitch { agent, orchestration in
            _ = try await agent.config.send([
                "HSET", "MIRROR_SESSION|span", "src_port", "Ethernet4", "direction", "BOTH",
            ])
            try await agent.write("m", Self.job)
            var row = try await agent.wait("m", is: "failed")
            #expect(row["reason"]?.contains("is mirrored by MIRROR_SESSION|span already") == true)
            await orchestration.setStatus("inactive")
            _ = try await agent.config.send(["DEL", "MIRROR_SESSION|span"])
            try await eventually("the session is there and inactive") {
                row = try await agent.row("m")
                return row["mode"] == "asic" && row["reason"]?.contains("is inactive: the switch needs a route") == true
            }
            let name = try #require(await orchestration.taken.first)
            _ = try await agent.state.send(["HSET", "MIRROR_SESSION_TABLE|\(name)", "status", "active"])
            try await agent.wait("m", is: "running")

            try await agent.write("bad", Self.job.merging(["port": "Ethernet99", "gre_type": "0x8949"]) { $1 })
            row = try await agent.wait("bad", is: "failed")
            #expect(row["reason"]?.contains("the switch has not taken MIRROR_SESSION|tg_bad_") == true)
            try await agent.write("ends", Self.job.filter { $0.key != "erspan_local" })
            #expect(try await agent.wait("ends", is: "failed")["reason"]?.contains("needs erspan_remote") == true)
            _ = try await agent.config.send(["HSET", "MIRROR_SESSION|\(name)", "ttl", "1"])
            try await eventually("a change by hand is undone") {
                await orchestration.taken.filter { $0 == name }.count == 2
            }
        }
    }

    @Test("a killed agent's successor keeps its sessions, and removes those whose jobs have gone; --detach-on-exit all")
    func restart() async throws {
        try await withSwitch { agent, orchestration in
            try await agent.write("m", Self.job)
            try await agent.write("n", Self.job.merging(["port": "Ethernet8", "gre_type": "0x8949"]) { $1 })
            for job in ["m", "n"] { try await agent.wait(job, is: "running") }
            _ = try await agent.config.send(["HSET", "MIRROR_SESSION|mine", "dst_ip", "192.0.2.1"])
            try await agent.end(SIGKILL)
            try await agent.delete("n")
            try await agent.start()
            try await agent.wait("m", is: "running")
            try await eventually("the other session is gone") { try await agent.sessions().count == 2 }
            #expect(await orchestration.taken.filter { $0.hasPrefix("tg_m_") }.count == 1)
            try await agent.end(SIGTERM)
            #expect(try await agent.sessions().count == 2)
            try await agent.start(["run", "--detach-on-exit"])
            try await agent.wait("m", is: "running")
            try await agent.end(SIGTERM)
            #expect(try await agent.sessions() == ["mine"])
        }
    }

    @Test("where there is no SONiC such a job says so")
    func noSwitch() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", Self.job)
            let row = try await agent.wait("m", is: "failed")
            #expect(row["reason"]?.contains("no databases of SONiC here") == true && row["mode"] == "asic")
            #expect(try await agent.sessions().isEmpty)
        }
    }
}

extension AgentUnderTest {
    fileprivate func session(_ name: String) async throws -> [String: String] {
        guard
            case .row(let row)? = try await config.read(table: "MIRROR_SESSION", keys: [name], guardKey: nil).rows[name]
        else { return [:] }
        return row.fields
    }

    fileprivate func sessions() async throws -> [String] { try await config.keys(of: "MIRROR_SESSION") }
}
