import CTelegenBPF
import Traffic

/// A program that has loaded with a filter, and packets that it is tried with.
struct Trial {
    let program: ProgramUnderTest
    let filter: FilterRule
    private let deliver: ([TestPacket], ProgramUnderTest) throws -> Void

    /// - Parameters:
    ///   - isLayer3: the packets are those of a device without an Ethernet header.
    ///   - deliver: brings packets to the program; by BPF_PROG_TEST_RUN unless said otherwise.
    init(
        _ name: String, filter: FilterRule, isLayer3: Bool, flowCells: Int, seed: UInt64,
        deliver: @escaping ([TestPacket], ProgramUnderTest) throws -> Void = Trial.run
    ) throws {
        self.filter = filter
        self.deliver = deliver
        let operands = telegen_operands(filter, isLayer3: isLayer3, flowCells: flowCells, seed: seed)
        program = try ProgramUnderTest(name, operands)
    }

    /// What is wrong with the program's counts of `packets`; if anything, with the first of them that makes them wrong.
    func faults(_ packets: [TestPacket]) throws -> String? {
        var faults = try count(packets)
        guard !faults.isEmpty else { return nil }
        var (right, wrong) = (0, packets.count)
        while wrong - right > 1 {
            let middle = (right + wrong) / 2
            let found = try count(Array(packets.prefix(middle)))
            if found.isEmpty { right = middle } else { (wrong, faults) = (middle, found) }
        }
        let alone = try count([packets[right]])
        let others = alone.isEmpty ? " after \(right) others" : ""
        let text = (alone.isEmpty ? faults : alone).sorted().joined(separator: "; ")
        return "\(program.name) with \(filter) on \(packets[right])\(others): \(text)"
    }

    private func count(_ packets: [TestPacket]) throws -> [String] {
        var expected = ExpectedMeasurement(filter: filter)
        var copies: NamedCounts = [:]
        for packet in packets where program.name != ProgramUnderTest.terminating || packet.copy?.frame != nil {
            expected.add(packet.headers, wireLengths: packet.wireLengths)
        }
        if program.name == ProgramUnderTest.terminating {
            let found = packets.compactMap(\.copy)
            copies["truncated"] = UInt64(found.count { $0.isTruncated })
            copies["unparsed"] = UInt64(found.count { $0.frame == nil })
        }
        program.clear()
        let duration = try ContinuousClock().measure { try deliver(packets, program) }
        // The oldest windows are overwritten after a second.
        let ignored: Set<String> = duration < .milliseconds(900) ? [] : ["burst bytes"]
        let faults = differences(
            expected.counts(of: program.flags).merging(copies) { $1 }, program.counts(), ignored)
        return program.flags.contains("t") ? faults + program.faults(ofFlows: expected.flows) : faults
    }

    private func differences(_ expected: NamedCounts, _ counted: NamedCounts, _ ignored: Set<String>) -> [String] {
        Set(expected.keys).union(counted.keys).subtracting(ignored).compactMap { name in
            let (wanted, found) = (expected[name] ?? 0, counted[name] ?? 0)
            return wanted == found ? nil : "\(name): \(found) counted, \(wanted) expected"
        }
    }

    /// Whoever comes after us sees the packet too (TC_ACT_UNSPEC, TCX_NEXT).
    private static let next: Int32 = -1

    static func run(_ packets: [TestPacket], _ program: ProgramUnderTest) throws {
        for packet in packets {
            let verdict = try program.run(packet)
            guard verdict == next else {
                throw TestRunFailure(operation: "run \(packet)", code: 0, detail: "the verdict is \(verdict)")
            }
        }
    }
}
