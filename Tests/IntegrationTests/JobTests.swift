import Foundation
import Testing
import Traffic

@Suite("Jobs", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct JobTests {
    @Test("a job waits for its port, follows it when it returns with another number, and never loses its count")
    func ports() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "late0"])
            let waiting = try await agent.wait("a", is: "waiting")
            #expect(waiting["reason"]?.contains("late0") == true)
            var counted = Tally()
            for round in 1...2 {
                try await agent.namespace.addVeth("late0", peer: "late1")
                let running = try await agent.wait("a", is: "running")
                #expect(running["interface"] == "late0")
                let sender = try agent.namespace.inside { try Sender(interface: "late1") }
                counted = counted + (try await sender.send(KernelUnderTest.mix(seed: UInt64(round)), count: 500))
                try await agent.wait("a", hasCounted: counted.packets)
                _ = try await agent.namespace.run(["ip", "link", "del", "late0"])
                try await agent.wait("a", is: "waiting")
                #expect(try agent.pins().isEmpty)
            }
            #expect(try await agent.statistics("a", "ingress") == counted.fields)
        }
    }

    @Test("a deleted row takes the tap and the rows of STATE_DB with it")
    func deleted() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0", "direction": "both"])
            try await agent.wait("a", is: "running")
            #expect(try agent.pins() == ["a_egress", "a_ingress"])
            try await agent.delete("a")
            try await eventually("its rows are gone") {
                let rows = try await agent.row("a").merging(try await agent.statistics("a", "egress")) { $1 }
                return try rows.isEmpty && agent.pins().isEmpty
            }
            try await agent.write("a", ["port": "Ethernet0"])
            #expect(try await agent.wait("a", is: "running")["packets"] == "0")
        }
    }

    @Test("down and up again, and a change of direction, continue the counters")
    func continued() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let first = try await agent.send(100)
            try await agent.wait("a", hasCounted: first.packets)
            try await agent.write("a", ["admin_state": "down"])
            let disabled = try await agent.wait("a", is: "disabled")
            #expect(disabled["ended_at"]?.isEmpty == false)
            _ = try await agent.send(100)
            try await agent.write("a", ["admin_state": "up", "direction": "both"])
            #expect(try await agent.wait("a", is: "running")["ended_at"] == "")
            let third = try await agent.send(100, seed: 3)
            try await agent.wait("a", hasCounted: first.packets + third.packets)
            #expect(try await agent.statistics("a", "ingress") == (first + third).fields)
        }
    }

    @Test("expires_at ends the job by itself, and a restart does not revive it")
    func expires() async throws {
        try await AgentUnderTest.run { agent in
            let at = Date(timeIntervalSinceNow: TimeInterval(15 * timeFactor)).formatted(.iso8601)
            try await agent.write("a", ["port": "Ethernet0", "expires_at": at])
            try await agent.wait("a", is: "running")
            let expired = try await agent.wait("a", is: "expired")
            #expect(expired["expires_at"] == at)
            #expect(try agent.pins().isEmpty)
            try await agent.end(SIGTERM)
            try await agent.start()
            let again = try await agent.wait("a", is: "expired")
            #expect(again["ended_at"] == expired["ended_at"])
            try await agent.write("a", ["expires_at": ""])
            try await agent.wait("a", is: "running")
        }
    }

    @Test("max_jobs and admin_state of TELEGEN|global act at once")
    func global() async throws {
        try await AgentUnderTest.run { agent in
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "max_jobs", "1"])
            try await agent.write("b", ["port": "Ethernet0"])
            try await agent.wait("b", is: "running")
            try await agent.write("a", ["port": "Ethernet0"])
            #expect(try await agent.wait("a", is: "rejected")["reason"]?.contains("max_jobs") == true)
            try await agent.end(SIGKILL)
            try await agent.start()
            try await agent.wait("a", is: "rejected")
            try await agent.wait("b", is: "running")
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "max_jobs", "2"])
            try await agent.wait("a", is: "running")
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "admin_state", "down"])
            for job in ["a", "b"] { try await agent.wait(job, is: "disabled") }
            #expect(try agent.pins().isEmpty)
        }
    }

    @Test("a shorter status_interval acts at once, not after the longer one")
    func interval() async throws {
        try await AgentUnderTest.run { agent in
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "300"])
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.send(100)
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
            try await agent.wait("a", hasCounted: sent.packets)
        }
    }

    @Test("while CONFIG_DB is being rebuilt nothing ends; what is missing afterwards does")
    func rebuilt() async throws {
        try await AgentUnderTest.run { agent in
            for job in ["a", "b"] {
                try await agent.write(job, ["port": "Ethernet0"])
                try await agent.wait(job, is: "running")
            }
            _ = try await agent.config.send(["FLUSHDB"])
            try await agent.write("a", ["port": "Ethernet0"])
            let sent = try await agent.send(200)
            for job in ["a", "b"] { try await agent.wait(job, hasCounted: sent.packets) }
            #expect(try agent.pins() == ["a_ingress", "b_ingress"])
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await eventually("b is gone") { try await agent.row("b").isEmpty }
            #expect(try agent.pins() == ["a_ingress"])
            #expect(try await agent.statistics("a", "ingress") == sent.fields)
        }
    }

    @Test("on SONiC's databases nothing starts before CONFIG_DB is whole, and the log says what is waited for")
    func sonic() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await eventually("it is said") { agent.log.contains("waiting until it is whole") }
            #expect(try await agent.row("a").isEmpty)
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await agent.wait("a", is: "running")
            #expect(try await agent.fields("TELEGEN_AGENT_TABLE", "global")["database"]?.hasPrefix("sonic") == true)
        }
    }

    @Test("placeholder mode does nothing privileged and says so; a job can ask for it too")
    func placeholder() async throws {
        try await AgentUnderTest.run(["TELEGEN_MIRROR_MODE": "placeholder", "TELEGEN_ERSPAN_NAME": "span7"]) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            let row = try await agent.wait("a", is: "placeholder")
            #expect(row["interface"] == "span7" && row["mode"] == "placeholder" && row["attach_type"] == "none")
            #expect(row["reason"]?.isEmpty == false)
            #expect(!FileManager.default.fileExists(atPath: agent.folder + "/bpf"))
        }
    }

    @Test("status shows jobs to people and programs, and fails for a job that is not there")
    func status() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let text = try await agent.command(["status"])
            #expect(text.code == 0 && text.output.contains("running") && text.output.contains("Ethernet0"))
            let json = try await agent.command(["status", "a", "--json"])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            let jobs = try #require(object?["jobs"] as? [[String: Any]])
            #expect(jobs.first?["job_id"] as? String == "a" && jobs.first?["oper_status"] as? String == "running")
            #expect(jobs.first?["statistics"] != nil)
            #expect(try await agent.command(["status", "nobody"]).code == 1)
            #expect(try await agent.command(["status", "--nonsense"]).code == 2)
        }
    }
}
