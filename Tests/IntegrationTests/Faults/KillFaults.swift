import Foundation
import SonicDB
import Testing
import Traffic

@Suite("Faults: the agent is killed", .serialized, .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct KillFaults {
    @Test(
        "kill -9 at any moment of its work, under traffic: every packet is counted and exported once", .needsRotel,
        arguments: KernelUnderTest.attachTypes)
    func anyMoment(attach: String) async throws {
        let environment = [
            "TELEGEN_ATTACH": attach, "OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "500",
        ]
        try await AgentUnderTest.onSONiC(environment) { agent, _ in
            let collector = try await Rotel.start(in: agent.namespace)
            for job in ["plain", "rich"] {
                try await agent.write(job, ["port": "Ethernet0"])
                try await agent.wait(job, is: "running")
            }
            let startedAt = try await agent.row("plain")["started_at"]
            let sent = try await agent.underTraffic {
                var total: UInt64 = 0
                for round in 0..<faultRounds {
                    // Something of everything: migrating, attaching, detaching, clearing; and each writes its status.
                    try await agent.write("rich", ["detail": ["qos", "", "bursts,flows", "qos,flows"][round % 4]])
                    if round % 3 == 0 { try await agent.delete("other") }
                    if round % 3 == 1 { try await agent.write("other", ["port": "Ethernet0", "direction": "both"]) }
                    if round % 3 == 2 { try await agent.write("other", ["sample_rate": "\(1 + round)"]) }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)).stretched)
                    try await agent.end(SIGKILL)
                    let counted = try agent.pinnedCounts().totals.reduce(0) { $0 + $1.packets }
                    #expect(counted >= total)
                    total = counted
                    // Every second one is killed somewhere in its start.
                    if round % 2 == 0 { try agent.launch() } else { try await agent.start() }
                }
                try await agent.end(SIGKILL)
                try await agent.start()
                try await agent.write("rich", ["detail": ""])
                try await agent.delete("other")
                try await eventually("the other is gone") { try await agent.row("other").isEmpty }
            }
            try await agent.audit(["plain": sent, "rich": sent])
            #expect(try await agent.row("plain")["started_at"] == startedAt)
            for job in ["plain", "rich"] {
                let points = try await collector.points { sent.agree(with: $0, job: job, direction: "receive") }
                points.expectContinuity(of: job)
            }
            await collector.stop()
        }
    }
}

extension [CollectedPoint] {
    /// Of a job's packets: one start per stream, times that rise, values that never fall, one instance.
    func expectContinuity(of job: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let own = filter { $0.name == "bpf.packets" && $0.attributes["telegen.job"] == job }
        #expect(Set(own.map { $0.resource["service.instance.id"] }).count == 1, sourceLocation: sourceLocation)
        for (_, stream) in Dictionary(grouping: own, by: \.attributes) {
            #expect(Set(stream.map(\.start)).count == 1, sourceLocation: sourceLocation)
            for (earlier, later) in zip(stream, stream.dropFirst()) {
                #expect(earlier.time < later.time, sourceLocation: sourceLocation)
                #expect((earlier.value ?? 0) <= (later.value ?? 0), sourceLocation: sourceLocation)
            }
        }
    }
}
