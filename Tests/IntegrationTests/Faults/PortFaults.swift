import Foundation
import Testing
import Traffic

@Suite("Faults: ports that come, go and change", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct PortFaults {
    @Test("a hundred flaps, by losing the link and by being made anew: every packet is counted once, nothing is left")
    func flaps() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            var sent = try await agent.send(100)
            let before = agent.footprint
            for flap in 1...100 {
                if flap % 10 == 0 {
                    _ = try await agent.namespace.run(["ip", "link", "del", "Ethernet0"])
                    try await agent.namespace.addVeth("Ethernet0", peer: "gen0")
                    try await promptly("it counts on the new one") { try agent.standing("Ethernet0") == 1 }
                    sent = sent + (try await agent.send(50, seed: UInt64(flap)))
                } else {
                    for state in ["down", "up"] {
                        _ = try await agent.namespace.run(["ip", "link", "set", "Ethernet0", state])
                    }
                }
            }
            sent = sent + (try await agent.send(100))
            try await agent.audit(["a": sent])
            #expect(try await agent.row("a")["oper_status"] == "running")
            #expect(agent.footprint.descriptors <= before.descriptors)
        }
    }

    @Test("a renamed port is another one: its job waits, the new name's begins, and back again")
    func renamed() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            for (job, port) in [("a", "Ethernet0"), ("b", "Ethernet8")] { try await agent.write(job, ["port": port]) }
            try await agent.wait("a", is: "running")
            try await agent.wait("b", is: "waiting")
            let first = try await agent.send(100)
            try await agent.rename("Ethernet0", "Ethernet8")
            try await promptly("a waits") { try await agent.row("a")["oper_status"] == "waiting" }
            try await promptly("b runs") { try await agent.row("b")["oper_status"] == "running" }
            #expect(try agent.standing("Ethernet8") == 1)
            let second = try await agent.send(200, seed: 2)
            try await agent.wait("b", hasCounted: second.packets)
            try await agent.rename("Ethernet8", "Ethernet0")
            try await promptly("b waits") { try await agent.row("b")["oper_status"] == "waiting" }
            try await promptly("a runs") { try await agent.row("a")["oper_status"] == "running" }
            let third = try await agent.send(300, seed: 3)
            try await agent.audit(["a": first + third])
            #expect(try await agent.row("b")["packets"] == "\(second.packets)")
        }
    }

    @Test(
        "a port that is moved to another namespace takes nothing of ours along, nor does one of its number mislead us",
        arguments: KernelUnderTest.attachTypes)
    func moved(attach: String) async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": attach]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            let number = try #require(try await agent.wait("a", is: "running")["ifindex"])
            let first = try await agent.send(100)
            try await withNamespace { other in
                _ = try await agent.namespace.run(["ip", "link", "set", "Ethernet0", "netns", other.name])
                // Of the same name and number, before anybody could look.
                _ = try await agent.namespace.run([
                    "ip", "link", "add", "Ethernet0", "index", number, "up", "type", "veth", "peer", "name", "gen1",
                ])
                _ = try await agent.namespace.run(["ip", "link", "set", "gen1", "up"])
                try await promptly("it counts on the one that is here") { try agent.standing("Ethernet0") == 1 }
                let away = try await agent.namespace.run(["ip", "-n", other.name, "link", "show", "Ethernet0"])
                #expect(away.contains("Ethernet0"))
                try await promptly("the one that is away has nothing of ours") {
                    try other.inside { try standingPrograms("Ethernet0") } == 0
                }
                _ = try await agent.namespace.run(["ip", "link", "del", "Ethernet0"])
                try await agent.wait("a", is: "waiting")
                _ = try await other.run(["ip", "link", "set", "Ethernet0", "netns", "\(agent.pid)"])
                _ = try await agent.namespace.run(["ip", "link", "set", "Ethernet0", "up", "arp", "off"])
                try await agent.wait("a", is: "running")
            }
            let second = try await agent.send(200, seed: 2)
            try await agent.audit(["a": first + second])
        }
    }

    @Test("breakout: one port becomes four, and one again")
    func breakout() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            for lane in 0..<4 { try await agent.write("j\(lane)", ["port": "Ethernet\(lane)", "direction": "both"]) }
            try await agent.wait("j0", is: "running")
            for _ in 1...3 {
                _ = try await agent.namespace.run(["ip", "link", "del", "Ethernet0"])
                for lane in 0..<4 { try await agent.namespace.addVeth("Ethernet\(lane)", peer: "gen\(lane)") }
                for lane in 0..<4 { try await agent.wait("j\(lane)", is: "running") }
                for lane in 0..<4 {
                    _ = try await agent.namespace.run(["ip", "link", "del", "Ethernet\(lane)"])
                }
                try await agent.namespace.addVeth("Ethernet0", peer: "gen0")
                for lane in 1..<4 { try await agent.wait("j\(lane)", is: "waiting") }
                try await promptly("the whole port counts") { try agent.standing("Ethernet0") == 2 }
            }
            let sent = try await agent.send(100)
            try await agent.wait("j0", hasCounted: sent.packets)
            #expect(try agent.pins() == ["j0_egress", "j0_ingress"])
        }
    }

    @Test("a PortChannel that gains and loses a member: both go on counting, and the overlap is told while it lasts")
    func portChannel() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            // A device that others belong to, which every kernel has.
            _ = try await agent.namespace.run(["ip", "link", "add", "PortChannel1", "up", "type", "bridge"])
            for (job, port) in [("a", "Ethernet0"), ("b", "PortChannel1")] {
                try await agent.write(job, ["port": port])
                try await agent.wait(job, is: "running")
            }
            func setMember(_ isMember: Bool) async throws {
                let what = isMember ? ["master", "PortChannel1"] : ["nomaster"]
                for change in [["down"], what, ["up"]] {
                    _ = try await agent.namespace.run(["ip", "link", "set", "Ethernet0"] + change)
                }
                try await promptly("the overlap is told") {
                    try await agent.row("a")["warnings"]?.contains("PortChannel1") == isMember
                }
            }
            var sent = Tally()
            for round in 1...5 {
                try await setMember(true)
                sent = sent + (try await agent.send(50, seed: UInt64(round)))
                try await setMember(false)
                sent = sent + (try await agent.send(50, seed: UInt64(round)))
            }
            try await agent.wait("a", hasCounted: sent.packets)
            #expect(try await agent.statistics("a", "ingress") == sent.fields)
            for job in ["a", "b"] { #expect(try await agent.row(job)["oper_status"] == "running") }
        }
    }
}

extension AgentUnderTest {
    fileprivate func rename(_ port: String, _ name: String) async throws {
        for change in [[port, "down"], [port, "name", name], [name, "up"]] {
            _ = try await namespace.run(["ip", "link", "set"] + change)
        }
    }
}
