import Glibc
import Testing
import Traffic

@Suite("Copies that arrive in ERSPAN tunnels", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct SinkTests {
    private static let frames = Corpus.frames.filter { $0.offload == nil && $0.bytes.count <= 8000 }

    private static let job = [
        "port": "Ethernet0", "mirror_mode": "erspan-sink", "erspan_key": "42", "erspan_remote": "192.0.2.100",
        "erspan_local": "192.0.2.10",
    ]

    @Test("what is inside is counted, of every type and with all that a copy may have around it")
    func inside() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", Self.job)
            let row = try await agent.wait("m", is: "running")
            #expect([row["mode"], row["interface"], row["reason"]] == ["erspan-sink", "Ethernet0", ""])
            var expected = ExpectedMeasurement()
            var copies: [[UInt8]] = []
            for var variant in Encapsulation.variants {
                let padding = variant.padding
                for frame in Self.frames {
                    // What a frame lacks would be taken from there: no link pads one that is so long.
                    variant.padding = frame.expectation.isMalformed ? 0 : padding
                    copies.append(variant.wrap(frame.bytes))
                    variant.sequence? += 1
                    expected.add(frame)
                }
            }
            try await agent.deliver(copies)
            try await agent.wait("m", hasSettledAt: expected)
            // Each variant begins at 0 again, far behind.
            let none = ["lost", "late", "truncated", "unparsed"].map { ("copies_\($0)", "0") }
            #expect(try await agent.statistics("m", "ingress") == expected.fields.merging(none) { $1 })
        }
    }

    @Test("nothing else is counted: other sessions, ends and protocols, what is broken, and the packets themselves")
    func strangers() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", Self.job)
            try await agent.wait("m", is: "running")
            let frame = try #require(Corpus["ipv4-udp-128"])
            var ours = Encapsulation()
            ours.sequence = 1
            var copies = [frame.bytes]
            func add(_ change: (inout Encapsulation) -> Void) {
                var other = ours
                change(&other)
                copies.append(other.wrap(frame.bytes))
            }
            add { $0.session = 43 }
            add { $0.remote[3] = 99 }
            add { $0.local[3] = 99 }
            add { $0.protocolType = 0x6558 }
            add { ($0.version, $0.session) = (.typeIII, 41) }
            add { $0.fragment = 3 }
            var version = ours.wrap(frame.bytes)
            version[14 + 20 + 8] = 0x30
            copies.append(version)
            // GRE version 1 (PPTP), routing (RFC 1701).
            for flags: [UInt8] in [[0x10, 0x01], [0x50, 0]] {
                var other = ours.wrap(frame.bytes)
                other.replaceSubrange(34..<36, with: flags)
                copies.append(other)
            }
            // Cut anywhere before the copy begins.
            let whole = ours.wrap(frame.bytes)
            copies += (15...50).map { Array(whole.prefix($0)) }
            add { $0.fragment = 0x2000 }
            add { ($0.version, $0.frameType) = (.typeIII, 2) }
            copies.append(ours.wrap(frame.bytes))
            try await agent.deliver(copies)
            var expected = ExpectedMeasurement()
            expected.add(frame)
            try await agent.wait("m", hasSettledAt: expected)
            let counted = try await agent.statistics("m", "ingress")
            #expect(counted.filter { !$0.key.hasPrefix("copies_") } == expected.fields)
            #expect(counted["copies_unparsed"] == "2")
        }
    }

    @Test("copies that are missing in a sender's sequence are told as lost, and those that come late as late")
    func sequence() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", Self.job.filter { $0.key != "erspan_remote" })
            try await agent.wait("m", is: "running")
            let frame = try #require(Corpus["ipv4-udp-128"]).bytes
            var copies: [[UInt8]] = []
            func send(_ numbers: [UInt32], from: UInt8 = 100, truncated: Bool = false) {
                for number in numbers {
                    var copy = Encapsulation(version: from == 100 ? .typeII : .typeIII)
                    (copy.sequence, copy.remote[3], copy.isTruncated) = (number, from, truncated)
                    copies.append(copy.wrap(frame))
                }
            }
            send([10, 11, 12])
            send([500, 501], from: 101)
            send([20, 13, 14, 21])  // 13 to 19 lost, of which two come
            send([502], from: 101)
            send([UInt32.max - 1], from: 102)
            send([1], from: 102)  // the largest and 0 are lost
            send([5_000_000], from: 101, truncated: true)
            send([1_000_000_000, 1_000_000_001], from: 101)  // begun anew
            send([7, 8])  // late, or begun anew: none was lost in between
            // A stream of another GRE key of the same sender has numbers of its own.
            for number in [90, 95, 100] as [UInt32] {
                var copy = Encapsulation(hasKey: true)
                copy.sequence = number
                copies += [copy.wrap(frame)]
                send([number / 5 + 4])
            }
            try await agent.deliver(copies)
            try await agent.wait("m", hasCounted: UInt64(copies.count))
            let lost = 7 + 2 + 5_000_000 - 503 + 8
            try await eventually("the mirror's own loss is told") {
                let row = try await agent.statistics("m", "ingress")
                return row["copies_lost"] == "\(lost)" && row["copies_late"] == "4"
                    && row["copies_truncated"] == "1" && row["copies_unparsed"] == "0"
            }
            let before = UInt64(copies.count)
            try await agent.write("m", ["detail": "qos"])
            try await eventually("another program stands") {
                try await agent.statistics("m", "ingress").keys.contains { $0.hasPrefix("dscp_") }
            }
            copies = []
            send([1_000_000_010], from: 101)  // 8 were lost while the program changed
            try await agent.deliver(copies)
            try await agent.wait("m", hasCounted: before + 1)
            try await eventually("the later program knows what the earlier one has seen") {
                try await agent.statistics("m", "ingress")["copies_lost"] == "\(lost + 8)"
            }
        }
    }

    @Test("filters, sampling and details look inside")
    func measured() async throws {
        try await AgentUnderTest.run { agent in
            let detail = ["detail": "qos,flows,bursts", "ip_proto": "tcp,udp", "dscp": "0,46"]
            try await agent.write("m", Self.job.merging(detail) { $1 })
            try await agent.write("tag", Self.job.merging(["vlan": "100,7"]) { $1 })
            try await agent.write("some", Self.job.merging(["sample_rate": "4"]) { $1 })
            for job in ["m", "tag", "some"] { try await agent.wait(job, is: "running") }
            var rule = FilterRule()
            (rule.protocols, rule.dscps) = ([6, 17], [0, 46])
            var tagged = FilterRule()
            tagged.vlans = [100, 7]
            var (expected, inTags) = (ExpectedMeasurement(filter: rule), ExpectedMeasurement(filter: tagged))
            var copies: [[UInt8]] = []
            var wrapped = Encapsulation(version: .typeIII)
            wrapped.tags = [7]
            wrapped.sequence = 0
            for frame in Self.frames + Self.frames {
                copies.append(wrapped.wrap(frame.bytes))
                wrapped.sequence? += 1
                expected.add(frame)
                inTags.add(frame)
            }
            try await agent.deliver(copies)
            try await agent.wait("m", hasSettledAt: expected)
            let counted = try await agent.statistics("m", "ingress")
            let wanted = expected.fields.merging(expected.qos.fields) { $1 }
            for (name, value) in wanted { #expect(counted[name] == value, "\(name)") }
            #expect(counted["copies_lost"] == "0" && counted["burst_peak_bytes"] != "0")
            try await agent.expectFlows("m", like: expected)
            let other = try await agent.statistics("tag", "ingress")
            for (name, value) in inTags.fields { #expect(other[name] == value, "\(name)") }
            try await agent.expectEstimate("some", of: UInt64(copies.count), rate: 4)
        }
    }

    @Test("a tag that the sender has put into the header of type II is the frame's")
    func strippedTag() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", Self.job)
            try await agent.write("tag", Self.job.merging(["vlan": "100"]) { $1 })
            for job in ["m", "tag"] { try await agent.wait(job, is: "running") }
            let frame = try #require(Corpus["ipv4-udp-128"]).bytes
            let copies = (0..<4).map { number in
                var copy = Encapsulation(sequence: UInt32(number))
                copy.strippedTag = number < 3 ? 100 : 0
                return copy.wrap(frame)
            }
            try await agent.deliver(copies)
            try await agent.wait("m", hasCounted: 4)
            try await agent.passStatusIntervals(2)
            #expect(try await agent.statistics("m", "ingress")["ipv4_bytes"] == "\(4 * 128 + 3 * 4)")
            let tagged = try await agent.statistics("tag", "ingress")
            #expect([tagged["ipv4_packets"], tagged["ipv4_bytes"]] == ["3", "\(3 * 132)"])
        }
    }

    @Test("the row's direction names what the copies are of; a job that goes from port to tunnel keeps its life")
    func direction() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", ["port": "Ethernet0"])
            try await agent.wait("m", is: "running")
            let sent = try await agent.send(100)
            try await agent.wait("m", hasCounted: sent.packets)
            let before = try await agent.row("m")
            try await agent.write("m", Self.job)
            try await eventually("it looks into tunnels") { try await agent.row("m")["mode"] == "erspan-sink" }
            var copy = Encapsulation()
            copy.sequence = 1
            try await agent.deliver([copy.wrap(Array(Self.frames[0].bytes))])
            try await agent.wait("m", hasCounted: sent.packets + 1)
            let after = try await agent.row("m")
            #expect(before["started_at"] == after["started_at"])

            try await agent.write(
                "out",
                ["direction": "egress", "port": "Ethernet4", "sink_port": "Ethernet0"].merging(Self.job) { a, _ in a })
            try await agent.write("all", ["direction": "both", "erspan_key": "7"].merging(Self.job) { a, _ in a })
            let out = try await agent.wait("out", is: "running")
            #expect([out["interface"], out["port"], out["direction"]] == ["Ethernet0", "Ethernet4", "egress"])
            let all = try await agent.wait("all", is: "running")
            #expect(all["warnings"]?.contains("counted as ingress") == true)
            #expect(all["warnings"]?.contains("no session id") == true)
            try await agent.deliver([copy.wrap(Array(Self.frames[0].bytes))])
            try await agent.wait("out", hasCounted: 1)
            #expect(try await agent.statistics("out", "ingress").isEmpty == false)
            #expect(try await agent.statistics("out", "egress").isEmpty)
            #expect(try await agent.row("all")["packets"] == "0")
        }
    }

    @Test(
        "the kernel's own tunnels of each type are looked into, and what was removed on the way is told as lost",
        .enabled(
            if: KernelUnderTest.hasERSPAN, "needs a kernel with ip_gre: make test-erspan has one in a virtual machine"),
        arguments: [0, 1, 2])
    func kernelTunnels(version: Int) async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("m", Self.job)
            try await agent.wait("m", is: "running")
            try await agent.withCollector { collector in
                // The tunnel goes from the collector's end to the agent's; what leaves it is caught on the way.
                let details = [["erspan_ver", "0"], ["erspan", "5"], ["erspan_dir", "egress", "erspan_hwid", "3"]]
                let kind = ["type", "erspan", "seq", "key", "42", "local", "192.0.2.100", "remote", "192.0.2.10"]
                let versioned = version == 0 ? [] : ["erspan_ver", "\(version)"]
                _ = try await collector.namespace.run(
                    ["ip", "link", "add", "mirror", "mtu", "9000"] + kind + versioned + details[version])
                _ = try await collector.namespace.run(["ip", "link", "set", "mirror", "up"])
                let way = try agent.namespace.inside { try Receiver(interface: "u0") }
                let sender = try collector.namespace.inside { try FrameSender(interface: "mirror", isLinear: true) }
                let frames = Self.frames.filter(\.isCarriedByTunnels)
                var (expected, copies, lost) = (ExpectedMeasurement(), [[UInt8]](), 0)
                for (index, frame) in frames.enumerated() {
                    var copy: [UInt8]?
                    try sender.send([frame.bytes])
                    try await eventually("\(frame.name) is on its way") {
                        try way.drain {
                            if $0.bytes.count > 38, $0.bytes[12...13] == [8, 0], $0.bytes[23] == 47 { copy = $0.bytes }
                        }
                        return copy != nil
                    }
                    // From the middle: what goes before the first or behind the last is no gap.
                    if index % 10 > 7, index + 10 < frames.count {
                        lost += 1
                    } else {
                        copies.append(copy!)
                        expected.add(frame)
                    }
                }
                try await agent.deliver(copies)
                try await agent.wait("m", hasSettledAt: expected)
                let counted = try await agent.statistics("m", "ingress")
                #expect(counted.filter { !$0.key.hasPrefix("copies_") } == expected.fields)
                #expect(counted["copies_lost"] == "\(version == 0 ? 0 : lost)")
            }
        }
    }
}

extension AgentUnderTest {
    /// Sends frames into gen0 as they are, in their order, so that they arrive at Ethernet0; what is not heard at once is
    /// no backlog's fault.
    func deliver(_ frames: [[UInt8]]) async throws {
        try await waitForCarrier()
        let (sender, heard) = try namespace.inside {
            (try FrameSender(interface: "gen0", isLinear: true), try Receiver(interface: "Ethernet0"))
        }
        for start in stride(from: 0, to: frames.count, by: FrameSender.capacity) {
            let part = Array(frames[start..<min(start + FrameSender.capacity, frames.count)])
            try sender.send(part)
            var arrived = 0
            try await eventually("\(part.count) frames have arrived") {
                try heard.drain { _ in arrived += 1 }
                return arrived >= part.count
            }
        }
    }
}
