import Domain
import Testing

@testable import HTTPAPI

@Suite("The command line", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct CommandTests {
    @Test("start, as the ancestor had it, then results and stop: for people and for programs")
    func life() async throws {
        try await AgentUnderTest.run { agent in
            let started = try await agent.command(["start", "Ethernet0", "120", "--json"])
            #expect(started.code == 0)
            let answer = try JSON(Array(started.output.utf8))
            #expect(answer["status"] == "starting" && answer["interface"] == "Ethernet0")
            guard case .string(let job)? = answer["job_id"] else { return #expect(Bool(false)) }
            try await agent.wait(job, is: "running")
            let row = try await agent.config.read(table: ConfigTable.jobs, keys: [job], guardKey: nil).rows[job]
            #expect(Set(row?.fields?.keys.map { $0 } ?? []) == ["port", "expires_at"])

            let sent = try await agent.send(100)
            try await agent.wait(job, hasCounted: sent.packets)
            let results = try await agent.command(["results", job])
            #expect(results.code == 0)
            #expect(results.output.contains("\(job): running, \(sent.packets) packets, \(sent.bytes) bytes in"))
            let table = results.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(table.contains { $0.prefix(4) == ["ingress", "packets", "bytes", "≤64"] })
            let ipv4 = table.first { $0.first == "ipv4" } ?? []
            #expect(ipv4.count == 3 + 15 && ipv4[1] == "\(sent[.ipv4].packets)")
            let programs = try await agent.command(["results", job, "--json"])
            #expect(try JSON(Array(programs.output.utf8))["packets_total"] == .integer(Int64(sent.packets)))

            let stopped = try await agent.command(["stop", job])
            #expect(stopped.output == "\(job): stopped\n" && stopped.code == 0)
            try await agent.wait(job, is: "disabled")
            let removed = try await agent.command(["stop", "--job", job, "--delete", "--json"])
            #expect(try JSON(Array(removed.output.utf8)) == ["job_id": .string(job), "status": "stopped"])
            try await eventually("its row is gone") { try await agent.row(job).isEmpty }
        }
    }

    @Test("simulate exports like many switches, and ends with 1 when something did not arrive", .needsRotel)
    func simulate() async throws {
        try await AgentUnderTest.run { agent in
            let arguments = ["simulate", "--switches", "5", "--ports", "4", "--duration", "2", "--json"]
            let environment = ["OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "500"]
            let alone = try await agent.command(arguments, environment: environment)
            let failed = try JSON(Array(alone.output.utf8))
            #expect(alone.code == 1 && failed["exports"] == .integer(0) && failed["errors"] != .array([]))

            let rotel = try await Rotel.start(in: agent.namespace)
            let answered = try await agent.command(arguments, environment: environment)
            let report = try JSON(Array(answered.output.utf8))
            let points = try await rotel.points { $0.contains { $0.resource["host.name"] == "switch-5" } }
            await rotel.stop()
            #expect(answered.code == 0 && report["failed"] == .integer(0), "\(report)")
            guard case .integer(let exports)? = report["exports"] else { return #expect(Bool(false)) }
            #expect(exports >= 5 && report["points"] == .integer(exports * 32))
            #expect(points.contains { $0.resource["host.name"] == "switch-1" })
        }
    }

    @Test("options become the fields of the row")
    func options() async throws {
        try await AgentUnderTest.run { agent in
            let started = try await agent.command([
                "start", "--port", "Ethernet0", "--dir", "both", "--job", "web", "--vlan", "100,200", "--sample-rate",
                "10", "--filter", "ip_proto=tcp,udp", "--filter", "l4_dport=443,8000-8100", "--span-method", "span",
                "--detail", "flows,qos",
            ])
            #expect(started.output == "web: starting on Ethernet0\n")
            let row = try await agent.config.read(table: ConfigTable.jobs, keys: ["web"], guardKey: nil).rows["web"]
            #expect(
                row?.fields == [
                    "port": "Ethernet0", "direction": "both", "vlan@": "100,200", "sample_rate": "10",
                    "ip_proto@": "tcp,udp", "l4_dst_port@": "443,8000-8100", "mirror_mode": "none",
                    "detail@": "flows,qos",
                ])
        }
    }

    @Test("what cannot be done ends with 1 and a reason, what is no command with 2")
    func failures() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("web", ["port": "Ethernet0"])
            for (arguments, code) in [
                (["start", "Ethernet0", "--job", "web"], 1), (["start", "a/b"], 1), (["stop", "nothing"], 1),
                (["results", "nothing"], 1), (["results", "../x"], 1), (["start", "Ethernet0", "--vlan", "5000"], 1),
                (["start", "Ethernet0", "--filter", "ttl=5"], 1), (["start", "Ethernet0", "0"], 1), (["start"], 2),
                (["start", "Ethernet0", "--filter", "ttl"], 2), (["start", "Ethernet0", "x"], 2), (["stop"], 2),
                (["start", "Ethernet0", "--port", "Ethernet4"], 2), (["stop", "a", "--job", "b"], 2), (["result"], 2),
            ] {
                let result = try await agent.command(arguments)
                #expect(result.code == code && result.output.isEmpty, "\(arguments): \(result)")
            }
            #expect(agent.log.contains("there is a job web already"))
            #expect(try await agent.config.keys(of: ConfigTable.jobs) == ["web"])
        }
    }
}
