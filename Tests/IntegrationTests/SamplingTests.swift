import CTelegenBPF
import Testing

@testable import Traffic

/// Seeds are fixed, so that what is drawn is the same in every run.
@Suite("Sampling in the kernel", .enabled(if: canUseNamespaces, "needs root"))
struct SamplingTests {
    private static let packet = TestPacket(frame: Corpus["ipv4-udp-128"]!.bytes)

    /// Runs `count` equal packets through a program that samples one in `rate`; after each, what it has counted.
    private func counts(
        of rate: UInt32, _ count: Int, seed: UInt64, filter: FilterRule? = nil
    ) async throws -> [UInt64] {
        try await blocking { try Self.run(rate, count, seed, filter) }
    }

    @Sendable private static func run(
        _ rate: UInt32, _ count: Int, _ seed: UInt64, _ filter: FilterRule?
    ) throws -> [UInt64] {
        var operands = telegen_operands(filter ?? FilterRule(), isLayer3: false, flowCells: 1, seed: 1)
        (operands.sample_rate, operands.seed) = (rate, seed)
        let program = try ProgramUnderTest(filter == nil ? "telegen_t" : "telegen_t_f", operands)
        return try Processor.staying {
            var counts: [UInt64] = []
            for _ in 0..<count {
                let verdict = try program.run(packet)
                #expect(verdict == -1)
                counts.append(program.seen)
            }
            return counts
        }
    }

    @Test("the estimate is the truth, within what chance allows", arguments: [2, 10, 100, 1000] as [UInt32])
    func expectation(rate: UInt32) async throws {
        let truth = 20_000
        let estimate = Double(try await counts(of: rate, truth, seed: 7).last ?? 0)
        // Skips are uniform in 0..2N-2: the variance of the number sampled is a third of that of chance alone.
        let deviation = Double(rate) * (Double(truth) / Double(3 * rate)).squareRoot()
        #expect(abs(estimate - Double(truth)) <= 4 * deviation)
    }

    @Test("whoever looks at a few packets only sees as many as there are, on the average")
    func begin() async throws {
        var sum: UInt64 = 0
        let programs = 250.thinned
        for seed in 1...programs { sum += try await counts(of: 100, 100, seed: UInt64(seed)).last ?? 0 }
        // The deviation of one is 77.
        let mean = Double(sum) / Double(programs)
        let error = 3 * 77 / Double(programs).squareRoot()
        #expect(abs(mean - 100) < error)
    }

    @Test("a sampled packet adds the rate; before it and between two are at most 2N-2 others")
    func steps() async throws {
        let rate = 50
        let counted = try await counts(of: UInt32(rate), 5_000, seed: 3)
        let sampled = counted.indices.filter { counted[$0] != ($0 == 0 ? 0 : counted[$0 - 1]) }
        #expect(counted.last == UInt64(sampled.count * rate))
        #expect(try #require(sampled.first) <= 2 * rate - 2)
        let gaps = zip(sampled.dropFirst(), sampled).map { $0 - $1 }
        #expect(gaps.allSatisfy { (1...2 * rate - 1).contains($0) })
        #expect(gaps.contains { $0 < rate / 2 } && gaps.contains { $0 > 3 * rate / 2 })
    }

    @Test("other seeds begin elsewhere; sampling comes before the filter, whose count is an estimate too")
    func seeds() async throws {
        var courses: Set<[UInt64]> = []
        for seed in 1...8 { courses.insert(try await counts(of: 100, 200, seed: UInt64(seed))) }
        #expect(courses.count > 4)
        var nothing = FilterRule()
        nothing.vlans = [7]
        let filtered = try await counts(of: 10, 2_000, seed: 7, filter: nothing).last ?? 0
        #expect(filtered.isMultiple(of: 10) && (1_500...2_500).contains(filtered))
    }
}
