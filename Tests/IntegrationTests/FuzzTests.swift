import Glibc
import Testing

@testable import Traffic

@Suite("Packets of all kinds, right and wrong", .enabled(if: canUseNamespaces, "needs root"))
struct FuzzTests {
    /// How many are run; `TELEGEN_FUZZ_PACKETS` overrides it.
    private static let packets = getenv("TELEGEN_FUZZ_PACKETS").flatMap { Int(String(cString: $0)) } ?? 1_000_000
    private static let batch = 2000

    @Test("a million: each program lets every packet pass, and counts it once and as the rules say")
    func million() async throws {
        for fault in try await blocking(Self.runAll) { Issue.record("\(fault)") }
    }

    /// Every batch through programs of the family in turn; what was wrong.
    @Sendable private static func runAll() throws -> [String] {
        var generator = PacketGenerator(seed: 1)
        var random = SplitMix(state: 2)
        var (left, faults) = (packets, [String]())
        while left > 0, faults.count < 10 {
            let frames = (0..<batch).map { _ in generator.next() }
            let packets = frames.compactMap(\.withoutLink)
            for name in ProgramUnderTest.ofPackets.shuffled(using: &random).prefix(8) where left > 0 {
                let isLayer3 = name == "telegen_l3" || name != "telegen_l2" && Bool.random(using: &random)
                let own = isLayer3 ? packets : frames
                let trial = try Trial(name, isLayer3: isLayer3, for: own, using: &random)
                if let fault = try trial.faults(own) { faults.append(fault) }
                left -= own.count
            }
        }
        return faults
    }

    @Test("copies of them in tunnels, whole and damaged ones, are counted as what is inside, and nothing else is")
    func copies() async throws {
        for fault in try await blocking(Self.runCopies) { Issue.record("\(fault)") }
    }

    @Sendable private static func runCopies() throws -> [String] {
        var generator = PacketGenerator(seed: 5)
        var random = SplitMix(state: 6)
        var (left, faults) = (packets / 8, [String]())
        while left > 0, faults.count < 10 {
            let copies = (0..<batch).compactMap { _ in generator.nextCopy() }
            let isCounted = copies.count { $0.copy?.frame != nil }
            guard isCounted > batch / 4, isCounted < batch * 3 / 4 else {
                return ["\(isCounted) of \(batch) are copies"]
            }
            let trial = try Trial(ProgramUnderTest.terminating, isLayer3: false, for: copies, using: &random)
            if let fault = try trial.faults(copies) { faults.append(fault) }
            left -= copies.count
        }
        return faults
    }

    @Test("packets on a device, which strips the outer tag", arguments: [true, false])
    func device(isLinear: Bool) async throws {
        try await withNamespace { namespace in
            try await namespace.addVeth("Ethernet0", peer: "gen0")
            let faults = try await blocking { try Self.sendAll(through: namespace, isLinear: isLinear) }
            for fault in faults { Issue.record("\(fault)") }
        }
    }

    private static func sendAll(through namespace: Namespace, isLinear: Bool) throws -> [String] {
        let sender = try namespace.inside { try FrameSender(interface: "gen0", isLinear: isLinear) }
        var generator = PacketGenerator(seed: 3)
        var random = SplitMix(state: 4)
        var (left, faults) = (packets / 40, [String]())
        while left > 0, faults.count < 10 {
            for name in ProgramUnderTest.ofPackets where name != "telegen_l3" && left > 0 {
                let packets = (0..<FrameSender.capacity).compactMap { _ in
                    generator.next().cut(using: &random)
                }
                let trial = try Trial(name, isLayer3: false, for: packets, using: &random) { packets, program in
                    try sender.send(packets.map(\.bytes))
                    for _ in 0..<1000 where program.seen < packets.count { usleep(1000) }
                }
                try namespace.inside { try trial.program.attach(to: "Ethernet0") }
                if let fault = try trial.faults(packets) { faults.append(fault) }
                left -= packets.count
            }
        }
        return faults
    }
}

extension Trial {
    /// With a filter that some of the packets pass, if the program has one.
    fileprivate init(
        _ name: String, isLayer3: Bool, for packets: [TestPacket], using random: inout SplitMix,
        deliver: @escaping ([TestPacket], ProgramUnderTest) throws -> Void = Trial.run
    ) throws {
        let hasFilter = ProgramUnderTest.flags(of: name).contains("f")
        try self.init(
            name, filter: hasFilter ? .random(for: packets, using: &random) : FilterRule(), isLayer3: isLayer3,
            flowCells: 1 << Int.random(in: 0...10, using: &random), seed: random.next(), deliver: deliver)
    }
}

extension TestPacket {
    /// As it can be sent; one in four is cut somewhere.
    fileprivate func cut(using random: inout SplitMix) -> TestPacket? {
        let count = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 14...bytes.count, using: &random) : .max
        return TestPacket(sent: bytes, count: count)
    }
}
