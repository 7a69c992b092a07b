import Domain
import Foundation
import Testing
import Traffic

@Suite("The agent's end and return", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct RestartTests {
    @Test(
        "kill -9 in the middle of traffic: counts and streams go on, nothing lost, no reset", .needsRotel,
        arguments: ["tcx", "clsact"])
    func killed(attach: String) async throws {
        let environment = [
            "TELEGEN_ATTACH": attach, "OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "500",
        ]
        try await AgentUnderTest.run(environment) { agent in
            let collector = try await Rotel.start(in: agent.namespace)
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.write("b", ["port": "Ethernet0"])
            for job in ["a", "b"] { try await agent.wait(job, is: "running") }
            let startedAt = try await agent.row("a")["started_at"]

            async let sending = agent.send(300_000, rate: 60_000)
            try await agent.wait("a", hasCounted: 20_000)
            for _ in 1...2 {
                try await agent.end(SIGKILL)
                try await agent.start()
            }
            let sent = try await sending

            for job in ["a", "b"] {
                try await agent.wait(job, hasCounted: sent.packets)
                #expect(try await agent.statistics(job, "ingress") == sent.fields)
            }
            #expect(try await agent.row("a")["started_at"] == startedAt)
            let points = try await collector.points { sent.agree(with: $0, job: "a", direction: "receive") }
            audit(points.filter { $0.name == "bpf.packets" && $0.attributes["telegen.job"] == "a" })
            await collector.stop()
        }
    }

    /// One start per stream, times that rise, values that never fall, one instance.
    private func audit(_ points: [CollectedPoint]) {
        #expect(Set(points.map { $0.resource["service.instance.id"] }).count == 1)
        for (_, stream) in Dictionary(grouping: points, by: \.attributes) {
            #expect(Set(stream.map(\.start)).count == 1)
            for (earlier, later) in zip(stream, stream.dropFirst()) {
                #expect(earlier.time < later.time)
                #expect((earlier.value ?? 0) <= (later.value ?? 0))
            }
        }
    }

    @Test("SIGTERM leaves the taps counting, and the next agent continues", arguments: ["tcx", "clsact"])
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

    @Test("run --detach-on-exit leaves nothing on the port", arguments: ["tcx", "clsact"])
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
