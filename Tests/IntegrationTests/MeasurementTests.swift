import Domain
import Glibc
import Testing
import Traffic

@Suite("What a job asks for", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct MeasurementTests {
    /// A job's fields and what they must let pass.
    private struct Filtered {
        let fields: [String: String]
        let rule: FilterRule

        init(_ fields: [String: String], _ change: (inout FilterRule) -> Void) {
            var rule = FilterRule()
            change(&rule)
            (self.fields, self.rule) = (fields, rule)
        }
    }

    private static let filters = [
        Filtered(["vlan@": "100,200", "detail@": "qos"]) { $0.vlans = [100, 200] },
        Filtered(["ip_proto": "udp,icmpv6,89"]) { $0.protocols = [17, 58, 89] },
        Filtered(["dscp@": "46,0", "detail@": "flows,qos"]) { $0.dscps = [46, 0] },
        Filtered(["l4_dst_port": "53,1000-60000"]) { $0.destinationPorts = [53...53, 1000...60000] },
        Filtered(["l4_src_port@": "1024-65535,22", "ip_proto@": "tcp"]) {
            $0.sourcePorts = [22...22, 1024...65535]
            $0.protocols = [6]
        },
        Filtered(["src_prefix": "192.0.2.0/25", "detail": "bursts"]) {
            $0.source = .init([192, 0, 2, 0], length: 25)
        },
        Filtered(["dst_prefix": "2001:db8::/32", "vlan": "100"]) {
            $0.destination = .init([0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 12), length: 32)
            $0.vlans = [100]
        },
        Filtered(["detail@": "bursts,flows,qos", "top_flows": "5"]) { _ in },
    ]

    @Test(
        "eight jobs on one port and direction, each with its own filter and details, are each exact",
        arguments: KernelUnderTest.attachTypes)
    func sideBySide(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            for (number, filter) in Self.filters.enumerated() {
                try await agent.write("j\(number)", filter.fields.merging(["port": "Ethernet0"]) { $1 })
            }
            for number in Self.filters.indices {
                #expect(try await agent.wait("j\(number)", is: "running")["attach_type"] == attach)
            }
            let count = 60_000.thinned
            let sent = try await agent.send(count)
            for (number, filter) in Self.filters.enumerated() {
                let expected = ExpectedMeasurement(filter: filter.rule, of: KernelUnderTest.mix(), count: count)
                #expect(expected.tally.packets > 0 && expected.tally.packets + expected.filtered == sent.packets)
                try await agent.wait("j\(number)", hasSettledAt: expected)
                let counted = try await agent.statistics("j\(number)", "ingress")
                let detail = filter.fields["detail@"] ?? filter.fields["detail"] ?? ""
                #expect(expected.fields.filter { counted[$0.key] != $0.value }.isEmpty)
                if detail.contains("qos") {
                    #expect(expected.qos.fields.filter { counted[$0.key] != $0.value }.isEmpty)
                } else {
                    #expect(counted["dscp_packets"] == nil)
                }
                if detail.contains("flows") { try await agent.expectFlows("j\(number)", like: expected) }
            }
        }
    }

    @Test(
        "a running job changes in place under traffic: no packet uncounted, no counter reset",
        arguments: KernelUnderTest.attachTypes)
    func change(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            async let sent = agent.send(200_000.thinned)
            for details in ["qos", "flows,qos", "bursts", ""]
                + Array(repeating: ["flows", ""], count: 4).flatMap(\.self)
            {
                try await agent.write("a", ["detail": details])
                try await agent.passStatusIntervals(1)
            }
            let tally = try await sent
            try await agent.wait("a", hasCounted: tally.packets)
            let counted = try await agent.statistics("a", "ingress")
            #expect(tally.fields.filter { counted[$0.key] != $0.value }.isEmpty)
            #expect(try await agent.wait("a", is: "running")["attach_type"] == attach)
        }
    }

    @Test(
        "a tailored job survives kill -9 under traffic: counts, filter and qos go on exactly",
        arguments: KernelUnderTest.attachTypes)
    func killed(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            try await agent.write("a", ["port": "Ethernet0", "ip_proto": "udp", "detail@": "qos,bursts"])
            try await agent.wait("a", is: "running")
            let count = 150_000.thinned
            async let sent = agent.send(count)
            for _ in 1...2 {
                try await agent.passStatusIntervals(1)
                try await agent.end(SIGKILL)
                try await agent.start()
            }
            _ = try await sent
            var rule = FilterRule()
            rule.protocols = [17]
            let expected = ExpectedMeasurement(filter: rule, of: KernelUnderTest.mix(), count: count)
            try await agent.wait("a", hasSettledAt: expected)
            let counted = try await agent.statistics("a", "ingress")
            let wanted = expected.fields.merging(expected.qos.fields) { $1 }
            #expect(wanted.filter { counted[$0.key] != $0.value }.isEmpty, "of \(counted)")
        }
    }

    @Test("flows that were not looked at for a while, or are given another table, begin anew")
    func flowsBeginAnew() async throws {
        try await AgentUnderTest.run { agent in
            func measure(_ fields: [String: String]) async throws {
                try await agent.write("a", fields)
                try await agent.passStatusIntervals(2)
            }
            /// Whether the flows of the report have no more than came meanwhile, and what there is.
            func send(_ count: Int) async throws {
                let before = try await agent.settled("a")
                let sent = try await agent.send(count)
                try await agent.wait("a", hasCounted: before + sent.packets)
                try await agent.passStatusIntervals(2)
                let flows = try await agent.flows(of: "a").compactMap { $0["packets"].flatMap { UInt64($0) } }
                #expect(!flows.isEmpty && flows.reduce(0, +) <= sent.packets)
            }
            try await agent.write("a", ["port": "Ethernet0", "detail@": "flows"])
            try await agent.wait("a", is: "running")
            try await send(2_000)
            for without in ["qos", ""] {
                try await measure(["detail@": without])
                _ = try await agent.send(2_000)
                try await measure(["detail@": "qos,flows"])
                try await send(200)
            }
            try await measure(["top_flows": "1024"])
            try await send(200)
            try await agent.end(SIGKILL)
            try await agent.start()
            try await agent.passStatusIntervals(2)
            #expect(try await agent.flows(of: "a").isEmpty)
            try await send(200)
        }
    }

    @Test("sampling scales to estimates of everything, says its rate, and a new rate acts at once")
    func sampling() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("s", ["port": "Ethernet0", "sample_rate": "10", "detail@": "qos"])
            try await agent.write("all", ["port": "Ethernet0"])
            for job in ["s", "all"] { try await agent.wait(job, is: "running") }
            let first = try await agent.send(100_000.thinned)
            try await agent.wait("all", hasCounted: first.packets)
            let row = try await agent.row("s")
            #expect(row["sample_rate"] == "10")
            try await agent.expectEstimate("s", of: first.packets, rate: 10)
            try await agent.write("s", ["sample_rate": "1"])
            try await eventually("the rate has changed") { try await agent.row("s")["sample_rate"] == "1" }
            let before = try await agent.settled("s")
            let second = try await agent.send(20_000.thinned)
            try await agent.wait("s", hasCounted: before + second.packets)
            #expect(try await agent.settled("s") == before + second.packets)
        }
    }

    @Test("bursts say their resolution, the peak and how full the windows were")
    func bursts() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("b", ["port": "Ethernet0", "detail@": "bursts"])
            try await agent.wait("b", is: "running")
            let sent = try await agent.send(50_000.thinned)
            try await agent.wait("b", hasCounted: sent.packets)
            // The last window is complete when a later one has begun.
            let more = try await agent.send(1_000.thinned)
            try await agent.wait("b", hasCounted: sent.packets + more.packets)
            let counted = try await agent.statistics("b", "ingress")
            let resolution = try #require(counted["burst_resolution_us"].flatMap { UInt64($0) })
            #expect((1_000...10_000).contains(resolution))
            let peak = try #require(counted["burst_peak_bytes"].flatMap { UInt64($0) })
            #expect(peak > 0 && peak <= sent.bytes)
            // A veth says that it carries 10 Gb/s.
            #expect(counted["burst_speed_bps"] == "10000000000")
            let windows = try #require(counted["burst_windows"]).split(separator: ",").compactMap { UInt64($0) }
            #expect(windows.count == BurstBounds.bucketCount && windows.reduce(0, +) > 1)
        }
    }

    @Test("a job that is deleted and written again between two status intervals has nothing of its old life")
    func newLife() async throws {
        try await AgentUnderTest.run { agent in
            let fields = ["port": "Ethernet0", "detail@": "qos,flows,bursts"]
            try await agent.write("a", fields)
            try await agent.wait("a", is: "running")
            let sent = try await agent.send(2_000)
            try await agent.wait("a", hasCounted: sent.packets)
            try await agent.passStatusIntervals(2)
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "300"])
            try await agent.delete("a")
            try await eventually("the old life is over") { try await agent.row("a").isEmpty }
            try await agent.write("a", fields)
            #expect(try await agent.wait("a", is: "running")["packets"] == "0")
            let counted = try await agent.statistics("a", "ingress")
            #expect(counted["dscp_packets"]?.contains { "123456789".contains($0) } != true)
            #expect((counted["burst_peak_bytes"] ?? "0") == "0")
            #expect(try await agent.fields("TELEGEN_FLOW_TABLE", "a|1").isEmpty)
        }
    }

    @Test("a burst counts although nothing comes after it")
    func silence() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("b", ["port": "Ethernet0", "detail@": "bursts"])
            try await agent.wait("b", is: "running")
            _ = try await agent.send(500)
            try await eventually("the burst is told") {
                try await agent.statistics("b", "ingress")["burst_peak_bytes"].flatMap { UInt64($0) } ?? 0 > 0
            }
        }
    }
}
