import Foundation
import SonicDB
import Testing
import Traffic

@Suite("Faults: Redis", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct RedisFaults {
    /// What is done to Redis.
    enum Fault: String, CaseIterable, Sendable {
        case killed = "killed, and back empty"
        case away = "killed for a minute"
        case stopped
        case refusing = "refusing new clients, and the old ones gone"
        case readOnly = "a read-only replica"
        case slow = "slow: every answer comes late"
        case busy = "busy with a script that does not end"

        /// A minute only where everything takes its full length.
        var duration: Duration { .seconds(self != .away ? 1 : faultRounds < 100 ? 5 : 60).stretched }

        /// - Parameter client: connected before, so that it is heard whatever happens.
        func begin(_ redis: TestRedis, _ client: Database) async throws {
            switch self {
            case .killed, .away: redis.crash()
            case .stopped: redis.signal(SIGSTOP)
            case .refusing:
                _ = try await client.pipeline([
                    ["CONFIG", "SET", "maxclients", "1"], ["CLIENT", "KILL", "TYPE", "pubsub"],
                    ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"],
                ])
            case .readOnly: try await client.send(["REPLICAOF", "127.0.0.1", "1"])
            case .slow: try await client.send(["CLIENT", "PAUSE", "\(3000 * timeFactor)", "ALL"])
            case .busy:
                // Who asks for it gets no answer.
                _ = try? await redis.database(timeout: .seconds(1)).send(["EVAL", "while true do end", "0"])
            }
        }

        func end(_ redis: TestRedis, _ client: Database) async throws {
            switch self {
            case .killed, .away: try await redis.start()
            case .stopped: redis.signal(SIGCONT)
            case .refusing: try await client.send(["CONFIG", "SET", "maxclients", "1000"])
            case .readOnly: try await client.send(["REPLICAOF", "NO", "ONE"])
            case .slow: break
            case .busy: try await client.send(["SCRIPT", "KILL"])
            }
        }
    }

    @Test(
        "whatever Redis does the taps count on, and when it is well again it is told the truth; nothing is leaked",
        arguments: Fault.allCases)
    func fault(_ fault: Fault) async throws {
        try await AgentUnderTest.onSONiC(redis: ["lua-time-limit": "50"]) { agent, redis in
            func writeRows() async throws {
                try await agent.write("a", ["port": "Ethernet0"])
                _ = try await agent.config.pipeline([
                    ["HSET", "TELEGEN|global", "status_interval", "1"], ["SET", "CONFIG_DB_INITIALIZED", "1"],
                ])
            }
            try await writeRows()
            let client = redis.database()
            try await client.send(["PING"])
            let before = try await agent.wait("a", is: "running")
            try await agent.passStatusIntervals(1)
            let footprint = agent.footprint
            let sent = try await agent.underTraffic {
                for _ in 1...(fault == .away ? 1 : 3) {
                    try await fault.begin(redis, client)
                    try await Task.sleep(for: fault.duration)
                    #expect(try agent.pins() == ["a_ingress"])
                    try await fault.end(redis, client)
                    try await eventually("Redis takes rows") { (try? await writeRows()) != nil }
                    try await promptly("its status is true") {
                        try await agent.row("a")["oper_status"] == "running"
                    }
                }
            }
            try await agent.audit(["a": sent])
            let after = try await agent.row("a")
            #expect(after["started_at"] == before["started_at"] && Set(after.keys) == Set(before.keys))
            try await agent.write("b", ["port": "Ethernet0"])
            try await promptly("a new row is heard") { try await agent.row("b")["oper_status"] == "running" }
            let left = agent.footprint
            // The program, link and seat of b; threads that the runtime keeps for blocking calls.
            #expect(left.descriptors <= footprint.descriptors + 8 && left.threads <= footprint.threads + 4)
            #expect(left.residentKilobytes < footprint.residentKilobytes + 8 << 10)
        }
    }

    @Test("keys of ours that hold another type harm only themselves, and are put right")
    func wrongTypes() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.underTraffic {
                _ = try await agent.config.pipeline([
                    ["DEL", "TELEGEN|global", "CONFIG_DB_INITIALIZED"], ["SET", "TELEGEN|global", "nonsense"],
                    ["LPUSH", "CONFIG_DB_INITIALIZED", "nonsense"], ["SADD", "TELEGEN_JOB|set", "nonsense"],
                ])
                _ = try await agent.state.pipeline([
                    ["DEL", "TELEGEN_JOB_TABLE|a", "TELEGEN_AGENT_TABLE|global"], ["SET", "TELEGEN_JOB_TABLE|a", "x"],
                    ["LPUSH", "TELEGEN_AGENT_TABLE|global", "x"], ["LPUSH", "TELEGEN_STATS_TABLE|ghost|ingress", "x"],
                ])
                try await eventually("the log tells of the guard key") {
                    agent.log.contains("CONFIG_DB_INITIALIZED")
                }
                #expect(try agent.pins() == ["a_ingress"])
                _ = try await agent.config.pipeline([
                    ["DEL", "CONFIG_DB_INITIALIZED", "TELEGEN|global"],
                    ["HSET", "TELEGEN|global", "status_interval", "1"], ["SET", "CONFIG_DB_INITIALIZED", "1"],
                ])
                try await promptly("the set is refused") {
                    try await agent.row("set")["oper_status"] == "rejected"
                }
                try await promptly("a's row is whole again") {
                    try await agent.row("a")["oper_status"] == "running"
                }
                try await promptly("the agent's row is whole again") {
                    try await agent.fields("TELEGEN_AGENT_TABLE", "global")["version"] != nil
                }
            }
            try await agent.config.send(["DEL", "TELEGEN_JOB|set"])
            try await agent.audit(["a": sent])
        }
    }

    @Test("more rows than are looked at take nothing from a job that counts, through a kill too")
    func tooMany() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("zz", ["port": "Ethernet0"])
            try await agent.wait("zz", is: "running")
            let sent = try await agent.underTraffic {
                for first in stride(from: 0, to: 9000, by: 1000) {
                    _ = try await agent.config.pipeline(
                        (first..<first + 1000).map {
                            ["HSET", "TELEGEN_JOB|a\($0)", "port", "Ethernet0", "admin_state", "down"]
                        })
                }
                try await eventually("it is told") { agent.log.contains("TELEGEN_JOB has more than 8192 rows") }
                try await agent.end(SIGKILL)
                try await agent.start()
                try await agent.passStatusIntervals(2)
            }
            try await agent.audit(["zz": sent])
            #expect(!agent.log.contains("job zz is gone"))
        }
    }

    @Test("a subscriber that lags behind ten thousand events catches up, in bounded memory")
    func backlog() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let before = agent.footprint
            let sent = try await agent.underTraffic {
                kill(agent.pid, SIGSTOP)
                for round in 0..<100 {
                    _ = try await agent.config.pipeline(
                        (0..<100).map {
                            ["HSET", "TELEGEN_JOB|b\($0)", "port", "late\($0)", "description", "\(round)"]
                        })
                }
                _ = try await agent.config.send(["DEL"] + (1..<100).map { "TELEGEN_JOB|b\($0)" })
                kill(agent.pid, SIGCONT)
                try await promptly("the last word is heard") {
                    let rows = try await agent.state.keys(of: "TELEGEN_JOB_TABLE")
                    return Set(rows) == ["a", "b0"]
                }
            }
            try await agent.audit(["a": sent])
            #expect(agent.footprint.residentKilobytes < before.residentKilobytes + 16 << 10)
        }
    }
}
