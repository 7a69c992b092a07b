import Foundation
import Testing
import Traffic

@Suite("Faults: the wall clock is set", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct ClockFaults {
    /// The agent's wall clock, and no other one, is so far from the real one as it was set last.
    private final class WallClock {
        private let folder: String
        var environment: [String: String] {
            ["LD_PRELOAD": folder + "/wallclock.so", "WALLCLOCK_FILE": folder + "/offset"]
        }

        init() async throws {
            folder = FileManager.default.temporaryDirectory.path + "/telegen-clock-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let source =
                URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
                + "/Objects/wallclock.c"
            let compile = """
                "$(dirname "$(readlink -f "$(command -v swift)")")/clang" -O2 -shared -fPIC "$1" -o "$2"
                """
            _ = try await output(of: ["sh", "-c", compile, "sh", source, folder + "/wallclock.so"])
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func set(by seconds: Int) throws {
            try Data("\(seconds)\n".utf8).write(to: URL(fileURLWithPath: folder + "/offset"), options: .atomic)
        }
    }

    @Test("an hour forward ends what has expired at once, an hour back does not revive it, nor hold up what is to end")
    func expiry() async throws {
        let clock = try await WallClock()
        try await AgentUnderTest.onSONiC(clock.environment) { agent, _ in
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "300"])
            let at = Date(timeIntervalSinceNow: 1800).formatted(.iso8601)
            try await agent.write("a", ["port": "Ethernet0", "expires_at": at])
            try await agent.write("b", ["port": "Ethernet0"])
            for job in ["a", "b"] { try await agent.wait(job, is: "running") }
            let sent = try await agent.underTraffic {
                try clock.set(by: 3600)
                try await promptly("a has expired") { try await agent.row("a")["oper_status"] == "expired" }
                #expect(try agent.pins() == ["b_ingress"])
                try clock.set(by: -3600)
                _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
                try await agent.passStatusIntervals(3)
                #expect(try await agent.row("a")["oper_status"] == "expired")
                // A new value is another life's end, and is looked at by the clock of now.
                let past = Date(timeIntervalSinceNow: -7200).formatted(.iso8601)
                try await agent.write("a", ["expires_at": past])
                try await promptly("a has expired again") {
                    let row = try await agent.row("a")
                    return row["expires_at"] == past && row["oper_status"] == "expired"
                }
            }
            try await agent.audit(["b": sent])
        }
    }

    @Test("what failed is tried again in its time, though the clock was set back meanwhile")
    func retry() async throws {
        let clock = try await WallClock()
        let environment = clock.environment.merging(["TELEGEN_ATTACH": "clsact"]) { $1 }
        try await AgentUnderTest.onSONiC(environment) { agent, _ in
            // A shared block takes no filter by the device's name.
            let qdisc = ["dev", "Ethernet0", "ingress_block", "7", "clsact"]
            _ = try await agent.namespace.run(["tc", "qdisc", "add"] + qdisc)
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "failed")
            try clock.set(by: -3600)
            _ = try await agent.namespace.run(["tc", "qdisc", "del", "dev", "Ethernet0", "clsact"])
            try await promptly("a runs") { try await agent.row("a")["oper_status"] == "running" }
        }
    }

    @Test("what is exported never goes back in time, through steps of the clock and a restart", .needsRotel)
    func exported() async throws {
        let clock = try await WallClock()
        let export = ["OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "300"]
        try await AgentUnderTest.onSONiC(clock.environment.merging(export) { $1 }) { agent, _ in
            let collector = try await Rotel.start(in: agent.namespace)
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.underTraffic {
                for step in [3600, -3600, 1800, -1800, 0] {
                    try clock.set(by: step)
                    try await agent.passStatusIntervals(2)
                }
                try clock.set(by: -3600)
                try await agent.passStatusIntervals(2)
                try await agent.end(SIGTERM)
                try await agent.start()
            }
            try await agent.audit(["a": sent])
            let points = try await collector.points { sent.agree(with: $0, job: "a", direction: "receive") }
            points.expectContinuity(of: "a")
            // A job that begins now begins after what was told before.
            let last = try #require(points.map(\.time).max())
            try await agent.write("b", ["port": "Ethernet0"])
            try await agent.wait("b", is: "running")
            let more = try await agent.send(100)
            let later = try await collector.points { more.agree(with: $0, job: "b", direction: "receive") }
            #expect(
                later.filter { $0.attributes["telegen.job"] == "b" }.allSatisfy { $0.start == 0 || $0.start >= last })
            await collector.stop()
        }
    }
}
