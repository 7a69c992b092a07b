import Domain
import Foundation
import Testing
import Traffic

@Suite("The agent's end and return", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct RestartTests {
    @Test("SIGTERM leaves the taps counting, and the next agent continues", arguments: KernelUnderTest.attachTypes)
    func terminated(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let first = try await agent.send(1000)
            #expect(try await agent.end(SIGTERM) == 0)
            let second = try await agent.send(1000, seed: 2)
            try await agent.start()
            try await agent.wait("a", hasCounted: first.packets + second.packets)
            #expect(try await agent.statistics("a", "ingress") == (first + second).fields)
        }
    }

    @Test("run --detach-on-exit leaves nothing on the port", arguments: KernelUnderTest.attachTypes)
    func detachOnExit(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            try await agent.write("a", ["port": "Ethernet0", "direction": "both"])
            try await agent.wait("a", is: "running")
            #expect(try await agent.end(SIGTERM) == 0)
            try await agent.start(["run", "--detach-on-exit"])
            try await agent.wait("a", is: "running")
            #expect(try await agent.end(SIGTERM) == 0)
            #expect(try agent.pins().isEmpty)
            #expect(
                try await agent.namespace.run(["tc", "qdisc", "show", "dev", "Ethernet0"]).contains("clsact") == false)
        }
    }

    @Test("a restarted agent never says less than was counted, and no rate of what came before it")
    func firstWords() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.send(1000)
            try await agent.wait("a", hasCounted: sent.packets)
            try await agent.end(SIGKILL)
            _ = try await agent.state.send(["DEL", "TELEGEN_JOB_TABLE|a"])
            try await agent.start(["run", "--status-interval", "2"])
            let first = try await agent.wait("a", is: "running")
            #expect(first["packets"] == "\(sent.packets)" && first["pps"] == "0")
            // The first tick comes with a heartbeat of its own.
            let heartbeat = try await agent.fields("TELEGEN_AGENT_TABLE", "global")["heartbeat"]
            try await eventually("a tick has passed") {
                try await agent.fields("TELEGEN_AGENT_TABLE", "global")["heartbeat"] != heartbeat
            }
            #expect(try await agent.row("a")["pps"] == "0")
        }
    }

    @Test("clsact filters of a lost owners' table count nowhere that is read")
    func lostTable() async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": "clsact"]) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            try await agent.end(SIGKILL)
            // So that `running` below is the new agent's word.
            _ = try await agent.state.send(["DEL", "TELEGEN_JOB_TABLE|a"])
            try FileManager.default.removeItem(atPath: agent.folder + "/bpf/telegen-sonic/taps")
            try await agent.start()
            try await agent.wait("a", is: "running")
            let sent = try await agent.send(500)
            try await agent.wait("a", hasCounted: sent.packets)
            #expect(try await agent.statistics("a", "ingress") == sent.fields)
            let totals = try agent.pinnedCounts().totals
            #expect(totals.reduce(0) { $0 + $1.packets } == sent.packets)
        }
    }

    @Test("run --detach-on-exit also takes taps off that it never came to look after")
    func detachUnknown() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            try await agent.end(SIGKILL)
            _ = try await agent.config.send(["DEL", "CONFIG_DB_INITIALIZED"])
            try await agent.start(["run", "--detach-on-exit"])
            #expect(try await agent.end(SIGTERM) == 0)
            #expect(try agent.pins().isEmpty)
        }
    }

    @Test("SIGTERM during the start ends the agent and its private server as at any other time")
    func terminatedEarly() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.end(SIGTERM)
            for milliseconds in [20, 40, 80, 160] {
                let process = try agent.spawn(["run"])
                try await Task.sleep(for: .milliseconds(milliseconds))
                process.terminate()
                process.waitUntilExit()
                // Before it handles signals it has started nothing.
                #expect(process.terminationStatus == 0 || process.terminationReason == .uncaughtSignal)
                #expect(!FileManager.default.fileExists(atPath: agent.folder + "/state/redis/redis.sock"))
            }
            try await agent.start()
        }
    }

    @Test("a second agent on the same pins refuses, names the remedy, and disturbs nothing")
    func second() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let other = try await agent.command(["run"])
            #expect(other.code == 1)
            #expect(agent.log.contains("another telegen-sonic runs here"))
            let sent = try await agent.send(100)
            try await agent.wait("a", hasCounted: sent.packets)
        }
    }
}
