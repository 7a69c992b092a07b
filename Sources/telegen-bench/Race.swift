/// Bursts of all programs' instances in turn, so that whatever else the machine does meets all of them alike.
struct Race {
    let contestants: [Contestant]
    let bursts: Int
    /// Packets of a burst.
    let repeats: Int

    /// Nanoseconds that each contestant takes for a packet; nil for one that never meets it. Of an instance its quickest
    /// burst counts.
    func run(_ kind: PacketKind) throws(BenchFailure) -> [Spread?] {
        let kernel = TestRun()
        var runners: [Runner?] = []
        for contestant in contestants { runners.append(try runner(contestant, kind, kernel)) }
        for _ in 0..<bursts {
            for index in runners.indices { try runners[index]?.run(kernel) }
        }
        return runners.map { $0.map { Spread($0.best) } }
    }

    /// The first burst warms up, and says how many packets are enough where a packet takes long.
    private func runner(
        _ contestant: Contestant, _ kind: PacketKind, _ kernel: TestRun
    ) throws(BenchFailure) -> Runner? {
        guard let frame = contestant.frame(kind) else { return nil }
        let time = try kernel.burst(contestant.instances[0], frame, repeats: repeats)
        return Runner(
            instances: contestant.instances, frame: frame,
            repeats: max(1, min(repeats, Int(Self.longestBurst / time))))
    }

    /// In nanoseconds: ticks of the clock seldom fall into less than that.
    private static let longestBurst = 1_000_000.0

    /// A contestant on its way.
    private struct Runner {
        let instances: [BPFObject]
        let frame: [UInt8]
        let repeats: Int
        /// By instance.
        var best: [Double]

        init(instances: [BPFObject], frame: [UInt8], repeats: Int) {
            self.instances = instances
            self.frame = frame
            self.repeats = repeats
            best = instances.map { _ in .infinity }
        }

        mutating func run(_ kernel: TestRun) throws(BenchFailure) {
            for (index, instance) in instances.enumerated() {
                best[index] = min(best[index], try kernel.burst(instance, frame, repeats: repeats))
            }
        }
    }
}
