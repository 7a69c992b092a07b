import Foundation
import SonicDB
import Testing
import Traffic

@Suite(
    "Faults: CONFIG_DB is reloaded and changed", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct ReloadFaults {
    private static func run(_ body: (AgentUnderTest) async throws -> Void) async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            for job in ["a", "b"] {
                try await agent.write(job, ["port": "Ethernet0"])
                try await agent.wait(job, is: "running")
            }
            try await body(agent)
        }
    }

    @Test("config reload: what is in the file counts on, what is missing ends, when all of it is there")
    func reload() async throws {
        try await Self.run { agent in
            let sent = try await agent.underTraffic {
                for _ in 1...5 {
                    // As SONiC does it: no event tells of the flush.
                    _ = try await agent.config.send(["FLUSHDB"])
                    for job in ["a", "b"] { try await agent.write(job, ["port": "Ethernet0"]) }
                    _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
                    _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
                }
                try await agent.passStatusIntervals(2)
            }
            try await agent.audit(["a": sent, "b": sent])

            _ = try await agent.config.send(["FLUSHDB"])
            try await agent.write("a", ["port": "Ethernet0"])
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await promptly("b is gone") { try await agent.row("b").isEmpty }
            try await agent.audit(["a": sent])

            _ = try await agent.config.send(["FLUSHDB"])
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await promptly("all are gone") { try await agent.row("a").isEmpty }
            #expect(try agent.pins().isEmpty)
            #expect(try agent.standing("Ethernet0") == 0)
        }
    }

    @Test("config reload that is broken off half-way ends nothing, and the next one decides")
    func interrupted() async throws {
        try await Self.run { agent in
            let sent = try await agent.underTraffic {
                _ = try await agent.config.send(["FLUSHDB"])
                try await agent.write("b", ["port": "Ethernet0", "detail": "qos"])
                try await eventually("it is held") { agent.log.contains("is being rebuilt") }
                #expect(try agent.pins() == ["a_ingress", "b_ingress"])
                // An agent that is killed meanwhile holds too.
                try await agent.end(SIGKILL)
                try await agent.start()
                #expect(try agent.pins() == ["a_ingress", "b_ingress"])
                let told = try await agent.row("a")["packets"]
                try await eventually("what is counted is told meanwhile") {
                    try await agent.row("a")["packets"] != told
                }
                _ = try await agent.config.send(["FLUSHDB"])
                for job in ["a", "b"] { try await agent.write(job, ["port": "Ethernet0"]) }
                _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
                _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
                for job in ["a", "b"] { try await agent.wait(job, is: "running") }
            }
            try await agent.audit(["a": sent, "b": sent])
        }
    }

    @Test("apply-patch and rollback come as steps, each of which holds by itself")
    func steps() async throws {
        try await Self.run { agent in
            let sent = try await agent.underTraffic {
                for _ in 1...10 {
                    try await agent.write("b", ["admin_state": "down"])
                    try await agent.write("c", ["port": "Ethernet0"])
                    try await agent.config.send(["HDEL", "TELEGEN_JOB|b", "port"])
                    try await agent.config.send(["DEL", "TELEGEN_JOB|c"])
                    try await agent.write("b", ["port": "Ethernet0", "admin_state": "up"])
                }
                try await promptly("b runs") { try await agent.row("b")["oper_status"] == "running" }
                try await promptly("c is gone") { try await agent.row("c").isEmpty }
            }
            try await agent.audit(["a": sent], beside: ["b"])
        }
    }

    @Test(
        "ten thousand changes in a second to the same fifty rows: the last word of each holds, and a packet is a packet"
    )
    func storm() async throws {
        try await Self.run { agent in
            try await agent.delete("b")
            let footprint = agent.footprint
            let sent = try await agent.underTraffic {
                for round in 0..<200 {
                    _ = try await agent.config.pipeline(
                        (0..<50).map { row in
                            round % 3 == row % 3
                                ? ["DEL", "TELEGEN_JOB|s\(row)"]
                                : [
                                    "HSET", "TELEGEN_JOB|s\(row)", "port", row % 2 == 0 ? "Ethernet0" : "absent0",
                                    "description", "\(round)",
                                ]
                        })
                }
                // Odd rows are deleted; set and deleted within one event.
                _ = try await agent.config.pipeline(
                    (0..<50).flatMap { row in
                        [["HSET", "TELEGEN_JOB|s\(row)", "port", "Ethernet0"]]
                            + (row % 2 == 1 ? [["DEL", "TELEGEN_JOB|s\(row)"]] : [])
                    })
                // Attaching them takes its time on a slow machine.
                try await eventually("every row has its last word") {
                    let rows = Set(try await agent.state.keys(of: "TELEGEN_JOB_TABLE"))
                    guard rows == Set(["a"] + stride(from: 0, to: 50, by: 2).map { "s\($0)" }) else { return false }
                    for row in stride(from: 0, to: 50, by: 2) {
                        guard try await agent.row("s\(row)")["oper_status"] == "running" else { return false }
                    }
                    return true
                }
                _ = try await agent.config.send(["DEL"] + (0..<50).map { "TELEGEN_JOB|s\($0)" })
                try await eventually("all of them are gone") {
                    try await agent.state.keys(of: "TELEGEN_JOB_TABLE") == ["a"]
                }
            }
            try await agent.audit(["a": sent])
            #expect(agent.footprint.descriptors <= footprint.descriptors + 4)
            #expect(agent.footprint.residentKilobytes < footprint.residentKilobytes + 16 << 10)
        }
    }
}
