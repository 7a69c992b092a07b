import Glibc
import Testing
import Traffic

@Suite("What a job's status warns of", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct WarningTests {
    @Test("jobs on a bundle and on its member warn of packets that both count, as long as they do")
    func overlap() async throws {
        try await AgentUnderTest.run { agent in
            // A bridge: like a PortChannel it is the master of its members.
            _ = try await agent.namespace.run(["ip", "link", "add", "PortChannel1", "type", "bridge"])
            _ = try await agent.namespace.run(["ip", "link", "set", "PortChannel1", "up"])
            try await agent.write("member", ["port": "Ethernet0"])
            try await agent.write("whole", ["port": "PortChannel1"])
            for job in ["member", "whole"] { #expect(try await agent.wait(job, is: "running")["warnings"] == "") }
            _ = try await agent.namespace.run(["ip", "link", "set", "Ethernet0", "master", "PortChannel1"])
            for job in ["member", "whole"] {
                try await eventually("\(job) warns") {
                    try await agent.row(job)["warnings"]?.contains("Ethernet0 is a member of PortChannel1") == true
                }
                #expect(try await agent.row(job)["oper_status"] == "running")
            }
            _ = try await agent.namespace.run(["ip", "link", "set", "Ethernet0", "nomaster"])
            try await eventually("nobody warns") { try await agent.row("whole")["warnings"] == "" }
        }
    }

    @Test("a program of somebody else that comes before ours is a warning", arguments: KernelUnderTest.attachTypes)
    func ahead(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            if attach == "clsact" {
                let filter = ["filter", "add", "dev", "Ethernet0", "ingress", "prio", "1", "protocol", "ip", "u32"]
                _ = try await agent.namespace.run(["tc", "qdisc", "add", "dev", "Ethernet0", "clsact"])
                _ = try await agent.namespace.run(["tc"] + filter + ["match", "u32", "0", "0", "classid", "1:1"])
            }
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let foreign = attach == "tcx" ? try Foreign(agent, attach: attach) : nil
            try await eventually("a warns") {
                try await agent.row("a")["warnings"]?.contains("others on Ethernet0 ingress before ours") == true
            }
            try await foreign?.remove()
        }
    }

    @Test("a filter of somebody else that comes later and stands before ours all the same is a warning")
    func latecomer() async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": "clsact"]) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            #expect(try await agent.wait("a", is: "running")["warnings"] == "")
            // At our priority cls_bpf asks the newest first.
            let filter = ["filter", "add", "dev", "Ethernet0", "ingress", "prio", "1", "handle", "100", "bpf"]
            _ = try await agent.namespace.run(["tc"] + filter + ["bytecode", "1,6 0 0 4294967295,", "classid", "1:1"])
            try await eventually("a warns") {
                try await agent.row("a")["warnings"]?.contains("others on Ethernet0 ingress before ours") == true
            }
            _ = try await agent.namespace.run(["tc", "filter", "del"] + filter.dropFirst(2))
            try await eventually("a warns no more") { try await agent.row("a")["warnings"] == "" }
        }
    }

    @Test(
        """
        with BPF and NET_ADMIN alone all is counted from Linux 6.12 on, what has no filter from 6.1 on; the missing \
        PERFMON is a warning there, the cost n/a, and elsewhere what the job's failure asks for
        """)
    func leastRights() async throws {
        let environment = ["TELEGEN_MEASURE_COST": "true"]
        try await AgentUnderTest.run(environment, capabilities: ["bpf", "net_admin"]) { agent in
            try await agent.write("plain", ["port": "Ethernet0"])
            try await agent.write("rich", ["port": "Ethernet0", "vlan@": "100", "detail@": "flows,qos,bursts"])
            let able = [
                "plain": KernelUnderTest.countsWithoutPerfmon, "rich": KernelUnderTest.filtersWithoutPerfmon,
            ]
            for (job, isAble) in able {
                let row = try await agent.wait(job, is: isAble ? "running" : "failed")
                let says = isAble ? "CAP_PERFMON is missing" : "grant CAP_PERFMON"
                #expect(row[isAble ? "warnings" : "reason"]?.contains(says) == true)
            }
            guard able["plain"] == true else { return }
            #expect(agent.log.contains("CAP_PERFMON is missing"))
            let sent = try await agent.send(20_000.thinned)
            try await agent.wait("plain", hasCounted: sent.packets)
            #expect(try await agent.statistics("plain", "ingress") == sent.fields)
            try await eventually("the cost is not known") {
                try await agent.row("plain")["ns_per_packet"] == "n/a: measuring wants CAP_SYS_ADMIN"
            }
        }
    }

    @Test("what a job's programs take for a packet is told")
    func cost() async throws {
        try await AgentUnderTest.run(["TELEGEN_MEASURE_COST": "true"]) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            // Measured is a second a minute; one in which no packet comes tells nothing.
            _ = try await agent.underTraffic(rate: 8_000.thinned) {
                try await eventually("the cost is known") {
                    try await agent.row("a")["ns_per_packet"].flatMap { Double($0) } != nil
                }
            }
        }
    }
}
