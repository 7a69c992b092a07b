import Domain
import Glibc
import Testing
import Traffic

@testable import Dataplane

/// What others do to tunnels and their names, and what a kill leaves.
extension TunnelTests {
    @Test("what a kill in the middle of making a tunnel leaves is nobody's for long")
    func halfMade() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let name = NetdevName.ofTunnelInTheMaking("telegen-sonic").text
                func leave(key: Int) async throws {
                    _ = try await agent.namespace.run(
                        ["ip", "link", "add", name, "type", "erspan", "seq", "key", "\(key)", "local"]
                            + [Collector.agentAddress, "remote", Collector.address, "erspan_ver", "2"]
                            + ["erspan_dir", "ingress", "erspan_hwid", "0"])
                }
                // Of the same tunnel, and of one that the row asks for no more.
                for key in [42, 41] {
                    try await agent.end(SIGKILL)
                    try await leave(key: key)
                    try await agent.write("m", Collector.fields(key: 42))
                    try await agent.start()
                    #expect(try await agent.wait("m", is: "running")["interface"] == "tg42")
                    try await eventually("it is gone") { try await !agent.tunnels().contains(name) }
                    try await agent.delete("m")
                    try await eventually("nothing is left") { try await !agent.tunnels().contains("192.0.2.100") }
                }
            }
        }
    }

    @Test("what was changed by hand is put right")
    func changedByHand() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42)
                try await agent.write("m", Collector.fields(key: 42))
                try await agent.wait("m", is: "running")
                _ = try await agent.namespace.run(
                    ["ip", "link", "change", "tg42", "type", "erspan", "seq", "key", "42", "ttl", "3", "local"]
                        + [Collector.agentAddress, "remote", Collector.address, "erspan_ver", "2"])
                try await eventually("its ttl is that of the row") {
                    let own = try await agent.tunnels().split(separator: "\n").filter { $0.contains("telegen-sonic") }
                    return own.count == 1 && own[0].contains("ttl 64") && own[0].contains("UP")
                }
                _ = try await agent.namespace.run(["ip", "link", "set", "tg42", "mtu", "100"])
                try await eventually("its MTU is that of the way") {
                    try await agent.tunnels().contains("mtu \(9216 - 40 - 14)")
                }
                try await eventually("copies arrive") {
                    _ = try await agent.send(1)
                    return try receiver.drain().packets > 0
                }
            }
        }
    }

    @Test("a name that others have, and the kernel's own device in use, are told with the remedy, and are left alone")
    func names() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { _ in
                _ = try await agent.namespace.run(["ip", "link", "add", "t1", "type", "dummy"])
                _ = try await agent.namespace.run(
                    ["ip", "link", "set", "erspan0", "address", "02:00:00:00:00:01", "up"])
                let cases = [("t1", 1, "a device of others has that name"), ("erspan0", 2, "take it down")]
                for (name, key, reason) in cases {
                    try await agent.write(name, Collector.fields(key: key, ["erspan_name": name]))
                    let row = try await agent.wait(name, is: "degraded")
                    #expect(row["reason"]?.contains(reason) == true, "\(row["reason"] ?? "")")
                }
                _ = try await agent.namespace.run(["ip", "link", "set", "erspan0", "down"])
                _ = try await agent.namespace.run(["ip", "link", "del", "t1"])
                for (name, _, _) in cases {
                    #expect(try await agent.wait(name, is: "running")["interface"] == name)
                }
                #expect(try await !agent.tunnels().contains("tg-new"))
            }
        }
    }

    @Test("an administrator's own tunnel of the same ends is used while it is up, and never touched")
    func administrators() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42)
                _ = try await agent.namespace.run(
                    [
                        "ip", "link", "add", "mine", "mtu", "9162", "type", "erspan", "seq", "key", "42", "ttl", "64",
                        "tos",
                    ]
                        + ["inherit", "local", Collector.agentAddress, "remote", Collector.address, "erspan_ver", "2"]
                        + ["erspan_dir", "ingress", "erspan_hwid", "0"])
                try await agent.write("m", Collector.fields(key: 42))
                let row = try await agent.wait("m", is: "degraded")
                #expect(row["reason"]?.contains("is down") == true, "\(row["reason"] ?? "")")
                _ = try await agent.namespace.run(["ip", "link", "set", "mine", "up"])
                #expect(try await agent.wait("m", is: "running")["interface"] == "mine")
                _ = try await agent.send(10)
                try await eventually("copies arrive") { try receiver.drain().packets > 0 }
                try await agent.delete("m")
                try await eventually("the job is gone") { try await agent.row("m").isEmpty }
                #expect(try await agent.tunnels().contains(" mine@"))
            }
        }
    }

    @Test("copies that the kernel does not take are told as failed, and the packets go their way")
    func failing() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { _ in
                try await agent.write("m", Collector.fields(key: 42))
                try await agent.wait("m", is: "running")
                kill(agent.pid, SIGSTOP)
                defer { kill(agent.pid, SIGCONT) }
                _ = try await agent.namespace.run(["ip", "link", "del", "tg42"])
                let sent = try await agent.send(100)
                kill(agent.pid, SIGCONT)
                try await agent.wait("m", hasCounted: sent.packets)
                try await eventually("the copies that failed are told") {
                    try await agent.copies("m") == [0, sent.packets, 0]
                }
            }
        }
    }

    @Test("many jobs with tunnels of their own start and end together")
    func manyJobs() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { _ in
                let keys = 0..<max(128.thinned, 16)
                for key in keys { try await agent.write("j\(key)", Collector.fields(key: key)) }
                for key in keys { try await agent.wait("j\(key)", is: "running") }
                let sent = try await agent.send(10)
                for key in keys { try await agent.wait("j\(key)", hasCounted: sent.packets) }
                try await eventually("each has sent its own") {
                    for key in keys where try await agent.copies("j\(key)") != [sent.packets, 0, 0] { return false }
                    return true
                }
                for key in keys { try await agent.delete("j\(key)") }
                try await eventually("no tunnel is left") { try await !agent.tunnels().contains("telegen-sonic") }
            }
        }
    }
}
