import Domain
import Testing

@testable import Traffic

@Suite("Every packet is counted once", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct ExactnessTests {
    @Test(
        "a million mixed frames: STATE_DB, pinned maps and collector equal the sender's own numbers",
        .needsRotel, arguments: KernelUnderTest.attachTypes)
    func million(attach: String) async throws {
        let environment = [
            "TELEGEN_ATTACH": attach, "OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        ]
        try await AgentUnderTest.run(environment) { agent in
            let collector = try await Rotel.start(in: agent.namespace)
            try await agent.write("one", ["port": "Ethernet0"])
            try await agent.write("two", ["port": "Ethernet0", "direction": "both"])
            try await agent.write("out", ["port": "gen0", "direction": "egress"])
            for job in ["one", "two", "out"] {
                #expect(try await agent.wait(job, is: "running")["attach_type"] == attach)
            }
            let sent = try await agent.send(1_000_000.thinned)
            #expect(sent.frames == UInt64(1_000_000.thinned))

            for (job, direction) in [("one", "ingress"), ("two", "ingress"), ("out", "egress")] {
                try await agent.wait(job, hasCounted: sent.packets)
                #expect(try await agent.statistics(job, direction) == sent.fields)
                let row = try await agent.row(job)
                #expect(row["packets"] == "\(sent.packets)" && row["bytes"] == "\(sent.bytes)")
            }
            #expect(try await agent.statistics("two", "egress") == Tally().fields)

            let (taps, totals) = try agent.pinnedCounts()
            #expect(taps[TapID("one", .ingress)] == sent.counters)
            #expect(taps[TapID("two", .ingress)] == sent.counters)
            #expect(taps[TapID("two", .egress)] == Counters())
            #expect(taps[TapID("out", .egress)] == sent.counters)
            for packetClass in ExpectedCount.PacketClass.allCases {
                #expect(totals[packetClass.rawValue].packets == 3 * sent[packetClass].packets)
                #expect(totals[packetClass.rawValue].bytes == 3 * sent[packetClass].bytes)
            }
            _ = try await collector.points { points in
                sent.agree(with: points, job: "one", direction: "receive")
                    && sent.agree(with: points, job: "two", direction: "receive")
                    && sent.agree(with: points, job: "out", direction: "transmit")
            }
            await collector.stop()
        }
    }

    @Test(
        "the header that BIG TCP adds within the kernel is on no wire, and in no count",
        .enabled(if: KernelUnderTest.hasBigTCP, "needs a kernel with BIG TCP, Linux 5.19"))
    func bigTCP() async throws {
        try await AgentUnderTest.run { agent in
            for device in ["gen0", "Ethernet0"] {
                let sizes = ["gso_max_size", "200000", "gro_max_size", "200000"]
                _ = try await agent.namespace.run(["ip", "link", "set", device] + sizes)
            }
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.write("tailored", ["port": "Ethernet0", "detail@": "qos,flows"])
            for job in ["a", "tailored"] { try await agent.wait(job, is: "running") }
            let sender = try agent.namespace.inside { try Sender(interface: "gen0") }
            _ = try await sender.send(
                TrafficMix(frames: [Self.bigFrame(payload: 66_000, size: 1440)], seed: 1), count: 3)
            for job in ["a", "tailored"] {
                try await agent.wait(job, hasCounted: 3 * 46)
                let counted = try await agent.statistics(job, "ingress")
                #expect(counted["ipv6_packets"] == "\(3 * 46)" && counted["ipv6_bytes"] == "\(3 * (66_000 + 46 * 74))")
                #expect(counted["ipv6_sizes"] == "0,0,0,0,0,3,\(3 * 45),0,0,0,0,0,0,0,0")
            }
        }
    }

    /// TCP over IPv6 as a sender hands it down that may send more than 64 KB at once: with a jumbo payload option (RFC
    /// 2675) in a hop-by-hop header.
    private static func bigFrame(payload: Int, size: Int) -> Frame {
        let segment = Transport.tcp(.v6, options: [], partial: true, .pattern(payload))
        let length = UInt32(segment.count + 8)
        let option: [UInt8] = [6, 0, 0xc2, 4] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
        var header = Array(InternetProtocol.v6.packet(0, []).prefix(40))
        (header[4], header[5]) = (0, 0)
        return Frame(
            name: "big-tcp", bytes: Ethernet.frame(InternetProtocol.v6.etherType, tags: [], header + option + segment),
            offload: Offload(.tcp6, segmentSize: size, transportStart: 14 + 40 + 8))
    }

    @Test("a frame whose VLAN tag is cut short is seen on egress, as malformed", arguments: KernelUnderTest.attachTypes)
    func cutTags(attach: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": attach]) { agent in
            try await agent.write("out", ["port": "gen0", "direction": "egress"])
            try await agent.wait("out", is: "running")
            let frames = Corpus.frames.filter { !$0.reachesPeer }
            #expect(frames.count >= 6)
            let sender = try agent.namespace.inside { try Sender(interface: "gen0") }
            let sent = try await sender.send(TrafficMix(frames: frames), count: 10 * frames.count)
            try await agent.wait("out", hasCounted: sent.packets)
            #expect(try await agent.statistics("out", "egress") == sent.fields)
        }
    }
}

extension TapID {
    init(_ job: String, _ direction: Direction) { self.init(JobName(job)!, direction) }
}
