import CLibbpf
import Foundation
import Testing
import Traffic

@testable import Dataplane

@Suite("Faults: what others do to us", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct NeighbourFaults {
    @Test(
        "pins that were removed by hand are restored, while every packet is counted",
        arguments: KernelUnderTest.attachTypes)
    func pins(attach: String) async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": attach]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0", "detail": "qos"])
            try await agent.wait("a", is: "running")
            let root = agent.folder + "/bpf/telegen-sonic"
            let sent = try await agent.underTraffic {
                let maps = ["taps", "stats_percpu", "if_stats_percpu", "retiring", "details/a_ingress_qos"]
                for map in maps { try FileManager.default.removeItem(atPath: "\(root)/\(map)") }
                try await promptly("they are back") {
                    maps.allSatisfy { FileManager.default.fileExists(atPath: "\(root)/\($0)") }
                }
                try await eventually("it is reported") { agent.log.contains("pins were removed") }
                // They are the same: the next agent goes on with them.
                try await agent.end(SIGKILL)
                try await agent.start()
                try await agent.passStatusIntervals(1)
            }
            try await agent.audit(["a": sent])
        }
    }

    @Test(
        "links whose pins were removed by hand stand as before, and are pinned again: no packet is lost",
        .enabled(if: KernelUnderTest.hasTCX, "tcx needs Linux 6.6"))
    func unpinned() async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": "tcx"]) { agent, _ in
            for job in ["a", "b"] {
                try await agent.write(job, ["port": "Ethernet0"])
                try await agent.wait(job, is: "running")
            }
            let sent = try await agent.underTraffic {
                try FileManager.default.removeItem(atPath: agent.folder + "/bpf/telegen-sonic/links/a_ingress")
                try await promptly("it is pinned again") { try agent.pins() == ["a_ingress", "b_ingress"] }
            }
            try await agent.audit(["a": sent, "b": sent])
            try await eventually("it is reported") { agent.log.contains("pins were removed") }
            #expect(!agent.log.contains("tap is gone"))
        }
    }

    @Test(
        "a link that was detached by hand is made anew and reported",
        .enabled(if: KernelUnderTest.hasTCX, "tcx needs Linux 6.6"))
    func detached() async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": "tcx"]) { agent, _ in
            for job in ["a", "b"] {
                try await agent.write(job, ["port": "Ethernet0"])
                try await agent.wait(job, is: "running")
            }
            let first = try await agent.send(100)
            try await agent.wait("a", hasCounted: first.packets)
            // As `bpftool link detach pinned PATH`.
            let link = FileDescriptor(owning: bpf_obj_get(agent.folder + "/bpf/telegen-sonic/links/a_ingress"))
            try #require(bpf_link_detach(link.raw) == 0)
            let second = try await agent.send(100, seed: 2)
            try await promptly("it is attached again") { try agent.standing("Ethernet0") == 2 }
            try await eventually("it is reported") { agent.log.contains("tap is gone from its port") }
            let third = try await agent.send(100, seed: 3)
            try await agent.wait("b", hasCounted: (first + second + third).packets)
            // What came while it was gone is not known, and may have been seen when the agent was quick.
            let counted = try #require(try await agent.row("a")["packets"].flatMap { UInt64($0) })
            #expect(counted >= (first + third).packets && counted <= (first + second + third).packets)
            try await agent.audit(["b": first + second + third], beside: ["a"])
        }
    }

    @Test("a filter or a qdisc that was removed by hand is made anew and reported", arguments: ["filter", "qdisc"])
    func clsact(what: String) async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": "clsact"]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0", "direction": "both"])
            try await agent.wait("a", is: "running")
            let first = try await agent.send(100)
            try await agent.wait("a", hasCounted: first.packets)
            let command =
                what == "filter"
                ? ["filter", "del", "dev", "Ethernet0", "ingress"] : ["qdisc", "del", "dev", "Ethernet0", "clsact"]
            _ = try await agent.namespace.run(["tc"] + command)
            try await promptly("it is attached again") { try agent.standing("Ethernet0") == 2 }
            #expect(agent.log.contains("tap is gone from its port"))
            let second = try await agent.send(100, seed: 2)
            try await agent.wait("a", hasCounted: (first + second).packets)
            #expect(try await agent.statistics("a", "ingress") == (first + second).fields)
            try await agent.delete("a")
            try await promptly("nothing is left") { try await agent.qdiscs("Ethernet0").isEmpty }
        }
    }

    @Test("filters of others at our priority, handle and place stay as they were, before, during and after")
    func collisions() async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": "clsact"]) { agent, _ in
            let namespace = agent.namespace
            _ = try await namespace.run(["tc", "qdisc", "add", "dev", "Ethernet0", "clsact"])
            // Priority 1 is what the first tap would have; filters of another kind, or for one protocol, keep it to themselves.
            let filters = [
                ["protocol", "all", "prio", "1", "u32", "match", "u32", "0", "0", "flowid", "1:1"],
                ["protocol", "ip", "prio", "2", "u32", "match", "u32", "0", "0", "flowid", "1:2"],
            ]
            for filter in filters {
                _ = try await namespace.run(["tc", "filter", "add", "dev", "Ethernet0", "egress"] + filter)
            }
            let show = ["tc", "filter", "show", "dev", "Ethernet0", "egress"]
            let before = try await namespace.run(show)
            try await agent.write("a", ["port": "Ethernet0", "direction": "both"])
            try await agent.wait("a", is: "running")
            #expect(try agent.standing("Ethernet0") == 2)
            let sent = try await agent.send(100)
            try await agent.wait("a", hasCounted: sent.packets)
            #expect(try await agent.statistics("a", "ingress") == sent.fields)
            try await promptly("it is told") { try await agent.row("a")["warnings"]?.contains("before ours") == true }
            try await agent.end(SIGKILL)
            try await agent.start()
            try await agent.delete("a")
            try await promptly("a is gone") { try await agent.row("a").isEmpty }
            #expect(try await namespace.run(show) == before)
            #expect(try await agent.qdiscs("Ethernet0") == ["clsact"])
        }
    }

    @Test(
        "a program that comes to the head of the tcx chain is told of, and goes untouched",
        .enabled(if: KernelUnderTest.hasTCX, "tcx needs Linux 6.6"))
    func head() async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": "tcx"]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let foreign = try Foreign(agent, attach: "tcx")
            try await promptly("it is told") { try await agent.row("a")["warnings"]?.contains("before ours") == true }
            let sent = try await agent.send(100)
            try await agent.wait("a", hasCounted: sent.packets)
            #expect(try foreign.counters() == sent.counters)
            try await agent.delete("a")
            try await promptly("a is gone") { try await agent.row("a").isEmpty }
            let more = try await agent.send(100)
            #expect(try foreign.counters() == (sent + more).counters)
            try await foreign.remove()
        }
    }
}
