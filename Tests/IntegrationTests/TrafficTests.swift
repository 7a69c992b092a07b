import Glibc
import Testing
import Traffic

@Suite("Traffic through a veth", .enabled(if: canUseNamespaces, "needs root and network namespaces"))
struct TrafficThroughVethTests {
    @Test("Every packet of the standard mix arrives, and as what it was sent", arguments: [1500, 9000, 65535])
    func standardMix(mtu: Int) async throws {
        try await withLink(mtu: mtu) { link in
            let mix = KernelUnderTest.mix(mtu: mtu)
            let sent = try await link.sender.send(mix, count: 2 * mix.deckSize, rate: 50_000)
            let received = try await link.received(sent.frames)
            #expect(try link.receiver.overflow() == 0)
            #expect(received == sent)
            #expect(sent.frames == UInt64(2 * mix.deckSize))
            #expect(try link.drops().lost == 0)
        }
    }

    @Test("Each kind arrives alone, byte by byte unless the kernel finished its checksums")
    func eachKind() async throws {
        try await withLink(mtu: 65535) { link in
            for frame in Corpus.frames.filter(KernelUnderTest.takes) {
                _ = try await link.sender.send(TrafficMix(frames: [frame]), count: 1)
                let received = try await link.receivedFrames(frame.reachesPeer ? 1 : 0)
                #expect(received.map(\.expectation) == (frame.reachesPeer ? [frame.expectation] : []), "\(frame.name)")
                #expect(frame.reachesPeer == false || received.map(\.bytes) == [frame.bytes], "\(frame.name)")
            }
        }
    }

    @Test("A frame that the kernel refuses is named, with the reason and what was sent before")
    func refusal() async throws {
        try await withLink(mtu: 1500) { link in
            let frame = try #require(Corpus["ipv4-udp-9014"])
            let failure = await #expect(throws: SendFailure.self) {
                try await link.sender.send(TrafficMix(frames: [frame]), count: 10)
            }
            #expect(failure?.frame == "ipv4-udp-9014")
            #expect(failure?.description.contains("larger MTU") == true)
            #expect(failure?.sent == Tally())
        }
    }

    @Test("A cancelled sender returns what it has sent, at the rate that was asked for")
    func cancellation() async throws {
        try await withLink(mtu: 9000) { link in
            let task = Task { try await link.sender.send(KernelUnderTest.mix(), rate: 1000.thinned) }
            try await Task.sleep(for: .milliseconds(500).stretched)
            task.cancel()
            let sent = try await task.value
            #expect(sent.frames > 0 && sent.frames <= 2000)
            #expect(try await link.received(sent.frames) == sent)
        }
    }

    @Test("A namespace is silent by itself, and gone when its test fails")
    func namespace() async throws {
        var path: String?
        await #expect(throws: CommandFailure.self) {
            try await withNamespace { namespace in
                path = namespace.path
                try await namespace.addVeth("Ethernet0", peer: "gen0")
                let receiver = try namespace.inside { try Receiver(interface: "Ethernet0") }
                try await Task.sleep(for: .milliseconds(500))
                #expect(try receiver.drain() == Tally())
                _ = try await namespace.run(["ip", "link", "show", "nowhere0"])
            }
        }
        #expect(access(try #require(path), F_OK) != 0)
    }

    @Test("A command is killed at its deadline")
    func deadline() async throws {
        await #expect(throws: CommandFailure.self) {
            try await output(of: ["sleep", "3600"], deadline: .milliseconds(100))
        }
    }

    @Test("An interface that does not exist is an error with a remedy")
    func noInterface() throws {
        #expect(throws: TrafficError.noInterface("nowhere0")) { try Sender(interface: "nowhere0") }
    }
}

/// Both ends of a veth pair in a namespace of its own.
private struct Link {
    let namespace: Namespace
    let sender: Sender
    let receiver: Receiver

    func drops() throws -> DeviceDrops { try namespace.inside { try DeviceDrops(of: ["gen0", "Ethernet0"]) } }

    /// What arrives until it is `count` frames, or nothing more can be expected.
    func receivedFrames(_ count: UInt64) async throws -> [Frame] {
        var frames: [Frame] = []
        for _ in 0..<200 {
            try receiver.drain { frames.append($0) }
            if frames.count >= count { break }
            try await Task.sleep(for: .milliseconds(10).stretched)
        }
        return frames
    }

    func received(_ count: UInt64) async throws -> Tally {
        var tally = Tally()
        for frame in try await receivedFrames(count) { tally.add(frame.expectation) }
        return tally
    }
}

private func withLink(mtu: Int, _ body: (Link) async throws -> Void) async throws {
    try await withNamespace { namespace in
        try await namespace.addVeth("Ethernet0", peer: "gen0", mtu: mtu)
        let link = try namespace.inside {
            Link(
                namespace: namespace, sender: try Sender(interface: "gen0"),
                receiver: try Receiver(interface: "Ethernet0"))
        }
        try await body(link)
    }
}
