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

            _ = try await agent.state.send(["HSET", "MIRROR_SESSION_TABLE|\(name)", "monitor_port", "Ethernet4"])
            row = try await agent.wait("m", is: "failed")
            #expect(row["reason"]?.contains("whose egress they would be copies of") == true)
            #expect(try await agent.session(name).isEmpty)
            await orchestration.setStatus("active")
            try await agent.write("m", ["direction": "ingress"])
            try await agent.wait("m", is: "running")

            try await agent.write("bad", Self.job.merging(["port": "Ethernet99", "gre_type": "0x8949"]) { $1 })
            row = try await agent.wait("bad", is: "failed")
            #expect(row["reason"]?.contains("the switch has not taken MIRROR_SESSION|tg_bad_") == true)
            try await agent.write("ends", Self.job.filter { $0.key != "erspan_local" })
            #expect(try await agent.wait("ends", is: "failed")["reason"]?.contains("needs erspan_remote") == true)
            _ = try await agent.config.send(["HSET", "MIRROR_SESSION|\(name)", "ttl", "1"])
            try await eventually("a change by hand is undone") {
                await orchestration.taken.filter { $0 == name }.count == 3
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

    @Test(
        "an agent that was killed in the middle of a change: the new session comes when the switch has let the old one go"
    )
    func killedInChange() async throws {
        try await withSwitch { agent, orchestration in
            try await agent.write("m", Self.job)
            try await agent.wait("m", is: "running")
            await orchestration.pause()
            try await agent.write("m", ["erspan_ttl": "9"])
            try await eventually("the old one is taken off") { try await agent.sessions().isEmpty }
            try await agent.end(SIGKILL)
            try await agent.start()
            try await eventually("it waits") {
                try await agent.row("m")["reason"]?.contains("still taking the earlier session off") == true
            }
            #expect(try await agent.sessions().isEmpty)
            try await orchestration.resume()
            try await agent.wait("m", is: "running")
            let name = try #require(try await agent.sessions().first)
            #expect(try await agent.session(name)["ttl"] == "9")
        }
    }

    @Test(
        "while CONFIG_DB is being rebuilt no session is made or removed; what is missing afterwards goes, as it was saved"
    )
    func rebuilt() async throws {
        try await withSwitch { agent, orchestration in
            try await agent.write("m", Self.job)
            try await agent.write("n", Self.job.merging(["port": "Ethernet8", "gre_type": "0x8949"]) { $1 })
            for job in ["m", "n"] { try await agent.wait(job, is: "running") }
            var saved: [(String, [String: String])] = []
            for name in try await agent.sessions() { saved.append((name, try await agent.session(name))) }
            _ = try await agent.config.send(["FLUSHDB"])
            try await eventually("it is held") { agent.log.contains("is being rebuilt") }
            try await agent.passStatusIntervals(2)
            #expect(try await agent.sessions().isEmpty)
            // As `config save` has written them.
            for (name, fields) in saved {
                _ = try await agent.config.apply([.set(table: "MIRROR_SESSION", key: name, fields: fields)])
            }
            try await agent.passStatusIntervals(1)
            #expect(try await agent.sessions().count == 2)
            try await agent.write("m", Self.job)
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await eventually("n's is gone") {
                try await agent.sessions() == saved.map(\.0).filter { $0.hasPrefix("tg_m_") }
            }
            try await agent.wait("m", is: "running")
        }
    }

    @Test(
        "a CONFIG_DB that was flushed, and comes back without the sessions: the switch is rid of those that it has kept"
    )
    func flushed() async throws {
        try await withSwitch { agent, orchestration in
            try await agent.write("m", Self.job)
            try await agent.write("n", Self.job.merging(["port": "Ethernet8", "gre_type": "0x8949"]) { $1 })
            for job in ["m", "n"] { try await agent.wait(job, is: "running") }
            _ = try await agent.config.send(["FLUSHDB"])
            try await agent.write("m", Self.job)
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await eventually("m has its session anew") {
                await orchestration.taken.filter { $0.hasPrefix("tg_m_") }.count == 2
            }
            try await agent.wait("m", is: "running")
            try await eventually("n's is gone") {
                try await agent.state.keys(of: "MIRROR_SESSION_TABLE") == agent.sessions()
            }
            #expect(try await agent.sessions().count == 1)
        }
    }

    @Test("a Redis that comes back empty, and a sink_port that comes late, are followed")
    func comingAndGoing() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            let job = Self.job.merging(["sink_port": "late0"]) { $1 }
            try await Orchestration.running(beside: agent) { _ in
                try await agent.write("m", job)
                let row = try await agent.wait("m", is: "waiting")
                #expect(row["reason"]?.contains("port late0") == true)
                #expect(try await agent.sessions().isEmpty)
                try await agent.namespace.addVeth("late0", peer: "late1")
                try await agent.wait("m", is: "running")
            }
            redis.crash()
            try await redis.start()
            // The switch's own processes end with it, and remember nothing.
            try await Orchestration.running(beside: agent) { _ in
                try await agent.write("m", job)
                _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
                try await eventually("the session is asked for again") { try await agent.sessions().count == 1 }
                try await agent.wait("m", is: "running")
            }
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
