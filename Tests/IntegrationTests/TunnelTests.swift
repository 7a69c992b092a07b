import Domain
import Glibc
import Logging
import Testing
import Traffic

@testable import Dataplane

@Suite(
    "Copies through ERSPAN tunnels",
    .enabled(if: canRunAgent, "needs root, namespaces and redis-server"),
    .enabled(if: KernelUnderTest.hasERSPAN, "needs a kernel with ip_gre: make test-erspan has one in a virtual machine")
)
struct TunnelTests {
    @Test("every copy arrives byte for byte, and the port is counted as ever", arguments: [1, 2])
    func arrival(version: Int) async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42, version: version)
                try await agent.write("m", Collector.fields(key: 42, ["erspan_ver": "\(version)"]))
                let row = try await agent.wait("m", is: "running")
                #expect([row["mode"], row["interface"], row["reason"]] == ["erspan", "tg42", ""])
                let count = 100_000.thinned
                let sent = try await agent.send(count)
                try await agent.wait("m", hasCounted: sent.packets)
                try await eventually("all copies are told") { try await agent.copies("m") == [sent.packets, 0, 0] }
                let counted = try await agent.statistics("m", "ingress")
                #expect(counted.filter { !$0.key.hasPrefix("copies_") } == sent.fields)
                let mix = KernelUnderTest.mix(mtu: 9000, seed: 1)
                let carried = zip(mix.frames, mix.counts(ofFirst: count)).filter { $0.0.isCarriedByTunnels }
                let expected = Tally(of: carried.map(\.0), counts: carried.map(\.1))
                var arrived: [[UInt8]: UInt64] = [:]
                var tally = Tally()
                try await eventually("all copies have arrived") {
                    try receiver.drain {
                        arrived[$0.bytes, default: 0] += 1
                        tally.add($0.expectation)
                    }
                    return tally.packets >= expected.packets
                }
                for kind in ExpectedCount.PacketClass.allCases { #expect(tally[kind] == expected[kind]) }
                for (frame, times) in carried where frame.offload == nil {
                    #expect(arrived[frame.bytes, default: 0] >= times, "\(frame.name)")
                }
                #expect(try receiver.overflow() == 0)
            }
        }
    }

    @Test("the kernel's own erspan0 gives way to the agent's, as the ancestor's example has it")
    func ancestor() async throws {
        let environment = [
            "TELEGEN_MIRROR_MODE": "erspan", "TELEGEN_ERSPAN_REMOTE": Collector.address,
            "TELEGEN_ERSPAN_LOCAL": Collector.agentAddress, "TELEGEN_ERSPAN_DEV": "Ethernet0",
            "TELEGEN_ERSPAN_KEY": "42",
        ]
        try await AgentUnderTest.run(environment) { agent in
            try await agent.withCollector { collector in
                #expect(try await agent.tunnels().contains("erspan0"), "the kernel's own")
                let receiver = try await collector.listen(key: 42)
                try await agent.write("m", ["port": "Ethernet0", "direction": "ingress"])
                #expect(try await agent.wait("m", is: "running")["interface"] == "erspan0")
                let lines = try await agent.tunnels().split(separator: "\n")
                let own = try #require(lines.first { $0.contains(" erspan0@") || $0.contains(" erspan0:") })
                for part in [
                    "remote 192.0.2.100", "local 192.0.2.10", "okey 0.0.0.42", "ttl 64", "tos inherit", "erspan_ver 2",
                    "telegen-sonic",
                ] {
                    #expect(own.contains(part), "\(part) in \(own)")
                }
                #expect(lines.contains { $0.contains(" erspan-kernel") })
                #expect(agent.log.contains("the kernel's own erspan0"))
                _ = try await agent.send(2_000.thinned)
                var tally = Tally()
                try await eventually("copies arrive") {
                    try receiver.drain { tally.add($0.expectation) }
                    return tally.packets > 0
                }
                try await agent.delete("m")
                try await eventually("the tunnel is gone") { try await !agent.tunnels().contains("telegen-sonic") }
            }
        }
    }

    @Test("the cap holds back what is above it, and counts it; the rest of the packet's way is as ever")
    func cap() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42)
                try await agent.write("m", Collector.fields(key: 42, ["erspan_pps": "10", "ip_proto": "udp"]))
                try await agent.wait("m", is: "running")
                let count = 20_000.thinned
                _ = try await agent.send(count)
                var rule = FilterRule()
                rule.protocols = [17]
                let mix = KernelUnderTest.mix(mtu: 9000, seed: 1)
                let wanted = ExpectedMeasurement(filter: rule, of: mix, count: count)
                try await agent.wait("m", hasSettledAt: wanted)
                var copies: [UInt64?] = []
                try await eventually("every packet that passed the filter is told of") {
                    copies = try await agent.copies("m")
                    return copies.compactMap(\.self).reduce(0, +) == wanted.tally.packets
                }
                let sent = try #require(copies[0])
                #expect(sent > 0 && sent < wanted.tally.packets && copies[1] == 0)
                var arrived: UInt64 = 0
                try await eventually("what was sent has arrived") {
                    arrived += try receiver.drain().packets
                    return arrived >= sent
                }
                #expect(arrived == sent)
            }
        }
    }

    @Test("copies are cut to erspan_truncate, the packets are not, and the header says so")
    func truncation() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42)
                let underlay = try collector.namespace.inside { try Receiver(interface: "u1") }
                try await agent.write("m", Collector.fields(key: 42, ["erspan_truncate": "200"]))
                #expect(try await agent.wait("m", is: "running")["warnings"] == "")
                let sent = try await agent.send(2_000.thinned)
                try await agent.wait("m", hasCounted: sent.packets)
                let counted = try await agent.statistics("m", "ingress")
                #expect(counted["ipv4_bytes"] == sent.fields["ipv4_bytes"])
                var lengths: [Int: Int] = [:]
                try await eventually("copies arrive") {
                    try receiver.drain { lengths[$0.bytes.count, default: 0] += 1 }
                    return lengths[200, default: 0] > 0
                }
                #expect(lengths.keys.allSatisfy { $0 <= 200 })
                var bits = Set<[Bool]>()
                // IPv4, GRE with a sequence number, ERSPAN type III: the bit is behind the session's ten.
                try underlay.drain { frame in
                    guard frame.bytes.count > 54, frame.bytes[12] == 8, frame.bytes[23] == 47 else { return }
                    bits.insert([frame.bytes.count == 14 + 40 + 200, frame.bytes[44] & 4 != 0])
                }
                #expect(bits.contains([true, true]) && !bits.contains([true, false]), "\(bits)")
            }
        }
    }

    @Test("jobs share a tunnel; one that was removed by hand is made anew; a kill leaves nothing behind the last job")
    func lives() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42)
                try await agent.write("a", Collector.fields(key: 42))
                try await agent.wait("a", is: "running")
                try await agent.write("b", Collector.fields(key: 42, ["direction": "egress", "erspan_ttl": "7"]))
                let reason = try #require(try await agent.wait("b", is: "degraded")["reason"])
                #expect(reason.contains("erspan_ttl 7 is not that of job a"))
                try await agent.write("b", ["erspan_ttl": "64"])
                let shared = try await agent.wait("b", is: "running")
                #expect(shared["interface"] == "tg42" && shared["warnings"]?.contains("direction bit") == true)
                _ = try await agent.namespace.run(["ip", "link", "del", "tg42"])
                try await eventually("copies go through a new one") {
                    let isThere = try await agent.tunnels().contains("tg42")
                    return try await agent.row("a")["mode"] == "erspan" && isThere
                }
                // The device stands before the programs lead there.
                func arrives(_ what: String) async throws {
                    try await eventually(what) {
                        _ = try await agent.send(1)
                        return try receiver.drain().packets > 0
                    }
                }
                try await arrives("copies go through the new one")
                _ = try await agent.namespace.run(["ip", "link", "set", "tg42", "down"])
                try await arrives("it is up again")
                try await agent.end(SIGKILL)
                _ = try receiver.drain()
                try await arrives("copies arrive without the agent")
                try await agent.delete("a")
                try await agent.start()
                try await agent.wait("b", is: "running")
                try await agent.delete("b")
                try await eventually("the tunnel is gone") { try await !agent.tunnels().contains("telegen-sonic") }
            }
        }
    }

    @Test("wrong addresses, a way without a route and a loop are told, and the port counts")
    func refusals() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { _ in
                let cases = [
                    ("local", ["erspan_local": "192.0.2.99"], "is no address of this machine"),
                    ("route", ["erspan_remote": "198.51.100.1"], "there is no route to 198.51.100.1"),
                    ("zero", ["erspan_local": "0.0.0.0"], "0.0.0.0 is no address of this machine"),
                    ("self", ["erspan_remote": Collector.agentAddress], "is an address of this machine"),
                    ("loop", ["port": "u0", "direction": "egress"], "leave through u0"),
                ]
                for (index, (job, fields, _)) in cases.enumerated() {
                    try await agent.write(job, Collector.fields(key: index, fields))
                }
                for (job, _, reason) in cases {
                    let row = try await agent.wait(job, is: "degraded")
                    #expect(row["reason"]?.contains(reason) == true, "\(row["reason"] ?? "")")
                    #expect(row["mode"] == "port")
                }
                let sent = try await agent.send(100)
                try await agent.wait("route", hasCounted: sent.packets)
                #expect(try await !agent.tunnels().contains("192.0.2.10"), "nothing is left of them")
            }
        }
    }

    @Test(
        "Wireshark reads the same of a copy's header as the row says",
        .enabled(if: Wireshark.isInstalled, "needs tshark"),
        arguments: [(1, "ingress"), (2, "ingress"), (2, "egress")])
    func decoded(version: Int, direction: String) async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let underlay = try collector.namespace.inside { try Receiver(interface: "u1") }
                let options = ["erspan_ver": "\(version)", "direction": direction, "erspan_truncate": "200"]
                try await agent.write("m", Collector.fields(key: 42, options))
                try await agent.wait("m", is: "running")
                try await agent.waitForCarrier()
                let port = direction == "egress" ? "Ethernet0" : "gen0"
                let sender = try agent.namespace.inside { try FrameSender(interface: port, isLinear: true) }
                let frames = ["ipv4-udp-64", "ipv4-udp-257", "ipv6-tcp-74"].compactMap { Corpus[$0]?.bytes }
                try sender.send(frames)
                var caught: [[UInt8]] = []
                try await eventually("all copies are caught") {
                    try underlay.drain { frame in
                        let isTunnels =
                            frame.bytes.count > 38 && frame.bytes[12...13] == [8, 0] && frame.bytes[23] == 47
                        if isTunnels, frame.bytes.suffix(200).contains([0x02, 0x54, 0x47]) {
                            caught.append(frame.bytes)
                        }
                    }
                    return caught.count == 3
                }
                let fields = ["version", "spanid", "truncated"] + (version == 2 ? ["direction"] : [])
                let read = try await Wireshark.fields(fields.map { "erspan.\($0)" }, of: caught)
                let bit = version == 2 ? [direction == "egress" ? 1 : 0] : []
                let expected = [0, 1, 0].map { [version, 42, $0] + bit }
                #expect(read == expected)
            }
        }
    }

    @Test("512 tunnels stand side by side, and all of them go")
    func many() async throws {
        try await withNamespace { namespace in
            try namespace.inside {
                let tunnels = try TunnelDevices(
                    namespaceID: nil, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                for key in UInt16(0)..<512 {
                    let ends = Tunnel.Ends(
                        local: IPv4Address("192.0.2.10")!, remote: IPv4Address("192.0.2.100")!, key: key)
                    try tunnels.perform(
                        .make(Tunnel(name: NetdevName("tg\(key)")!, ends: ends), mtu: 1446, inPlaceOf: nil))
                }
                let devices = try tunnels.devices().filter(\.isOurs)
                let keys = Set(devices.compactMap { $0.tunnel?.ends.key })
                #expect(keys == Set(0..<512))
                let areUp = devices.allSatisfy(\.isUp)
                #expect(areUp)
                try tunnels.removeAll()
                let left = try tunnels.devices().filter(\.isOurs)
                #expect(left.isEmpty)
            }
        }
    }

    @Test("a name goes from one tunnel to another in one change")
    func handover() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { _ in
                try await agent.write("a", Collector.fields(key: 1, ["erspan_name": "t1"]))
                try await agent.wait("a", is: "running")
                try await agent.write("a", ["erspan_name": "t2"])
                try await agent.write("b", Collector.fields(key: 2, ["erspan_name": "t1"]))
                for (job, name) in [("a", "t2"), ("b", "t1")] {
                    try await eventually("\(job) has \(name)") {
                        let row = try await agent.row(job)
                        return row["oper_status"] == "running" && row["interface"] == name
                    }
                }
                #expect(!agent.log.contains("cannot make a tunnel"))
            }
        }
    }
}

extension Frame {
    /// The kernel's tunnel drops a copy that says it is IP and has no whole header (Linux, `pskb_inet_may_pull`).
    var isCarriedByTunnels: Bool {
        switch bytes[12...13].reduce(0, { $0 << 8 | Int($1) }) {
        case 0x0800: bytes.count >= 34
        case 0x86dd: bytes.count >= 54
        default: true
        }
    }
}
