import Foundation
import Testing
import Traffic

@Suite("STATE_DB and CONFIG_DB that come and go", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct StateTests {
    @Test("rows and fields that an earlier agent left are removed")
    func ghosts() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            try await agent.end(SIGKILL)
            _ = try await agent.state.send(["HSET", "TELEGEN_JOB_TABLE|ghost", "oper_status", "running"])
            _ = try await agent.state.send(["HSET", "TELEGEN_STATS_TABLE|ghost|ingress", "ipv4_packets", "5"])
            _ = try await agent.state.send(["HSET", "TELEGEN_JOB_TABLE|a", "legacy_field", "1"])
            try await agent.start()
            try await eventually("only what is true is there") {
                let ghost = try await agent.row("ghost").merging(try await agent.statistics("ghost", "ingress")) { $1 }
                let legacy = try await agent.row("a")["legacy_field"]
                return ghost.isEmpty && legacy == nil
            }
            #expect(try await agent.row("a")["oper_status"] == "running")
        }
    }

    @Test("a Redis that was killed and came back empty is told everything again, and no packet is lost")
    func emptied() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await agent.write("a", ["port": "Ethernet0"])
            let before = try await agent.wait("a", is: "running")
            let first = try await agent.send(500)
            redis.crash()
            let second = try await agent.send(500, seed: 2)
            try await redis.start()
            try await agent.write("a", ["port": "Ethernet0"])
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await agent.wait("a", hasCounted: first.packets + second.packets)
            #expect(try await agent.statistics("a", "ingress") == (first + second).fields)
            let after = try await agent.row("a")
            #expect(after["oper_status"] == "running" && after["started_at"] == before["started_at"])
            #expect(Set(after.keys) == Set(before.keys))
            try await eventually("the agent's row is whole") {
                try await agent.fields("TELEGEN_AGENT_TABLE", "global")["version"] != nil
            }
        }
    }

    @Test("a STATE_DB that somebody flushed is whole again within half a minute")
    func flushed() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            let before = try await agent.wait("a", is: "running")
            _ = try await agent.state.send(["FLUSHDB"])
            try await eventually("its row is whole") { try await agent.row("a").keys == before.keys }
        }
    }

    @Test("while CONFIG_DB is being rebuilt time stands still, and a port that comes back gets its tap again")
    func held() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await agent.namespace.addVeth("late0", peer: "late1")
            try await agent.write("a", ["port": "late0"])
            try await agent.write("b", ["port": "absent0"])
            let at = Date(timeIntervalSinceNow: TimeInterval(15 * timeFactor)).formatted(.iso8601)
            try await agent.write("c", ["port": "Ethernet0", "expires_at": at])
            for (job, status) in [("a", "running"), ("b", "waiting"), ("c", "running")] {
                try await agent.wait(job, is: status)
            }
            _ = try await agent.config.send(["DEL", "CONFIG_DB_INITIALIZED"])
            try await eventually("it is held") { agent.log.contains("is being rebuilt") }
            _ = try await agent.namespace.run(["ip", "link", "del", "late0"])
            try await agent.wait("a", is: "waiting")
            try await agent.namespace.addVeth("late0", peer: "late1")
            try await agent.namespace.addVeth("absent0", peer: "absent1")
            try await agent.wait("a", is: "running")
            try await eventually("the time has come") { Date().formatted(.iso8601) > at }
            #expect(try await agent.row("c")["oper_status"] == "running")
            #expect(try agent.pins() == ["a_ingress", "c_ingress"])
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await agent.wait("c", is: "expired")
            try await agent.wait("b", is: "running")
        }
    }

    @Test("flushing the private database ends its jobs, and new rows are heard")
    func privateFlush() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            _ = try await agent.config.send(["FLUSHALL"])
            try await agent.write("b", ["port": "Ethernet0"])
            try await agent.wait("b", is: "running")
            try await eventually("a is gone") { try agent.pins() == ["b_ingress"] }
        }
    }

    @Test("a row too large for any reply harms itself alone")
    func huge() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            try await agent.write("fat", ["port": "Ethernet0", "description": String(repeating: "x", count: 40 << 20)])
            try await agent.wait("fat", is: "rejected")
            try await agent.delete("a")
            try await agent.write("b", ["port": "Ethernet0"])
            try await agent.wait("b", is: "running")
            #expect(try agent.pins() == ["b_ingress"])
        }
    }

    @Test("rows too large for any reply stop neither the settings nor the status")
    func hugeElsewhere() async throws {
        try await AgentUnderTest.run { agent in
            let fat = String(repeating: "x", count: 40 << 20)
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "fat", fat])
            _ = try await agent.state.send(["HSET", "TELEGEN_JOB_TABLE|fat", "fat", fat])
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            try await agent.end(SIGKILL)
            try await agent.start()
            try await eventually("the fat row is gone") {
                try await agent.state.send(["EXISTS", "TELEGEN_JOB_TABLE|fat"]) == .integer(0)
            }
            try await agent.write("b", ["port": "Ethernet0"])
            try await agent.wait("b", is: "running")
        }
    }

    @Test("a retry comes by itself, long before the status interval")
    func retry() async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": "clsact"]) { agent in
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "300"])
            // A shared block takes no filter by the device's name.
            let qdisc = ["dev", "Ethernet0", "ingress_block", "7", "clsact"]
            _ = try await agent.namespace.run(["tc", "qdisc", "add"] + qdisc)
            try await agent.write("a", ["port": "Ethernet0"])
            #expect(try await agent.wait("a", is: "failed")["reason"]?.isEmpty == false)
            _ = try await agent.namespace.run(["tc", "qdisc", "del", "dev", "Ethernet0", "clsact"])
            try await agent.wait("a", is: "running")
        }
    }

    @Test("SONiC's database map may come late: the agent waits for it")
    func lateMap() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            try await agent.end(SIGTERM)
            let (map, away) = (agent.folder + "/database_config.json", agent.folder + "/away.json")
            try FileManager.default.moveItem(atPath: map, toPath: away)
            let process = try agent.spawn(["run"])
            try await eventually("it waits") { agent.log.contains("waiting for SONiC's databases") }
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            try FileManager.default.moveItem(atPath: away, toPath: map)
            try await agent.start()
        }
    }
}
