import Glibc
import Testing
import Traffic

/// What is copied, and how it looks on its way.
extension TunnelTests {
    /// A frame with a number of its own behind everything that is looked at.
    private static func numbered(_ number: Int, _ frame: [UInt8]) -> [UInt8] {
        frame.dropLast(4) + (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func number(of frame: Frame) -> Int? {
        guard frame.bytes.count == 257 else { return nil }
        return frame.bytes.suffix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    @Test("each packet is copied once, of both directions, or one in N; what passes is as it was", arguments: [1, 4])
    func once(rate: Int) async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let receiver = try await collector.listen(key: 42)
                try await agent.write(
                    "m", Collector.fields(key: 42, ["direction": "both", "sample_rate": "\(rate)"]))
                try await agent.wait("m", is: "running")
                try await agent.waitForCarrier()
                let (into, out, passed) = try agent.namespace.inside {
                    (
                        try FrameSender(interface: "gen0", isLinear: true),
                        try FrameSender(interface: "Ethernet0", isLinear: true), try Receiver(interface: "gen0")
                    )
                }
                let frame = try #require(Corpus["ipv4-udp-257"]).bytes
                let frames = (0..<FrameSender.capacity).map { Self.numbered($0, frame) }
                try into.send(frames)
                let others = (0..<FrameSender.capacity).map { Self.numbered(FrameSender.capacity + $0, frame) }
                try out.send(others)
                var left: [[UInt8]] = []
                try await eventually("all have passed") {
                    try passed.drain { if Self.number(of: $0) != nil { left.append($0.bytes) } }
                    return left.count >= others.count
                }
                #expect(left == others, "in their order, and no byte is otherwise")
                var arrived: [Int: Int] = [:]
                // Who comes after them is behind all of them.
                try await eventually("a later one arrives") {
                    try into.send([Self.numbered(5000, frame)])
                    try receiver.drain { if let number = Self.number(of: $0) { arrived[number, default: 0] += 1 } }
                    return arrived.keys.contains(5000)
                }
                try await eventually("what has arrived is told, and counted") {
                    try receiver.drain { if let number = Self.number(of: $0) { arrived[number, default: 0] += 1 } }
                    let copies = try await [agent.copies("m", "ingress"), agent.copies("m", "egress")]
                    let counted = try await agent.row("m")["packets"].flatMap { Int($0) }
                    let sent = Int(copies.compactMap(\.[0]).reduce(0, +))
                    return arrived.values.reduce(0, +) == sent && counted == sent * rate
                }
                arrived[5000] = nil
                #expect(arrived.values.allSatisfy { $0 == 1 }, "none is doubled")
                #expect(arrived.keys.allSatisfy { $0 < 2 * FrameSender.capacity })
                // Between two samples 0 to 2N-2 packets are skipped: the estimate is within six standard deviations.
                let (all, rate) = (Double(2 * FrameSender.capacity), Double(rate))
                let variance = (pow(2 * rate - 1, 2) - 1) / 12
                #expect(abs(Double(arrived.count) * rate - all) <= 6 * (all * variance / rate).squareRoot())
            }
        }
    }

    @Test("copies on their way are not copied again, and are counted like others")
    func mark() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                try await agent.addSecondWay()
                let underlay = try collector.namespace.inside { try Receiver(interface: "u1") }
                try await agent.write("m", Collector.fields(key: 42))
                let second = [
                    "port": "u0", "direction": "egress", "erspan_remote": "203.0.113.2", "erspan_local": "203.0.113.1",
                    "ip_proto": "47",
                ]
                try await agent.write("again", Collector.fields(key: 7, second))
                for job in ["m", "again"] { try await agent.wait(job, is: "running") }
                let sent = try await agent.send(200)
                try await agent.wait("m", hasCounted: sent.packets)
                try await eventually("copies are counted where they leave") {
                    try await agent.statistics("again", "egress")["ipv4_packets"].flatMap { UInt64($0) } ?? 0 > 0
                }
                #expect(try await agent.copies("again", "egress") == [0, 0, 0])
                // The same packet, from somebody who is no program of ours.
                var packet: [UInt8] = []
                try underlay.drain {
                    if $0.bytes.count > 38, $0.bytes[12...13] == [8, 0], $0.bytes[23] == 47 { packet = $0.bytes }
                }
                try agent.namespace.inside { try FrameSender(interface: "u0", isLinear: true) }.send([packet])
                try await eventually("what is no copy is copied") {
                    try await agent.copies("again", "egress") == [1, 0, 0]
                }
            }
        }
    }

    @Test("ttl and tos of the row are those on the wire; the job's port is not asked for them")
    func header() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector { collector in
                let underlay = try collector.namespace.inside { try Receiver(interface: "u1") }
                try await agent.write("m", Collector.fields(key: 42, ["erspan_ttl": "9", "erspan_tos": "184"]))
                try await agent.wait("m", is: "running")
                _ = try await agent.send(50)
                var seen = Set<[UInt8]>()
                try await eventually("copies are on the wire") {
                    try underlay.drain { frame in
                        guard frame.bytes.count > 38, frame.bytes[12...13] == [8, 0], frame.bytes[23] == 47 else {
                            return
                        }
                        seen.insert([frame.bytes[15] & 0xfc, frame.bytes[22]])
                    }
                    return !seen.isEmpty
                }
                #expect(seen == [[184, 9]])
            }
        }
    }

    @Test("what the way cannot carry arrives cut, and the header and the row say so")
    func narrowWay() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.withCollector(mtu: 1000) { collector in
                let receiver = try await collector.listen(key: 42)
                let underlay = try collector.namespace.inside { try Receiver(interface: "u1") }
                try await agent.write("m", Collector.fields(key: 42))
                let row = try await agent.wait("m", is: "running")
                #expect(row["warnings"]?.contains("copies of more than 960 bytes are cut to that") == true)
                let sent = try await agent.send(500)
                try await eventually("all copies are told") { try await agent.copies("m") == [sent.packets, 0, 0] }
                var longest = 0
                try await eventually("long copies arrive") {
                    try receiver.drain { longest = max(longest, $0.bytes.count) }
                    return longest >= 960
                }
                #expect(longest == 960)
                var isMarked = false
                try underlay.drain { frame in
                    guard frame.bytes.count == 14 + 40 + 960, frame.bytes[23] == 47 else { return }
                    isMarked = isMarked || frame.bytes[44] & 4 != 0
                }
                #expect(isMarked)
            }
        }
    }
}

extension AgentUnderTest {
    /// Beside that to the collector, to 203.0.113.2, where nobody listens.
    fileprivate func addSecondWay() async throws {
        try await namespace.addVeth("w0", peer: "w1", mtu: 9216)
        _ = try await namespace.run(["ip", "address", "add", "203.0.113.1/24", "dev", "w0"])
    }
}
