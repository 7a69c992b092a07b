/// What each program takes for each kind of packet, in nanoseconds over the quickest empty program.
struct PacketCosts: Encodable {
    let programs: [String]
    let kinds: [String]
    /// By program, then by kind; nil for a kind that a program never meets.
    private let costs: [[Spread?]]
    /// What an empty program takes for each kind: the kernel's work around it.
    let floor: [Double]

    init(_ race: Race) throws(BenchFailure) {
        let empty = race.contestants.firstIndex { $0.name == Contestant.empty }!
        var (floor, columns): ([Double], [[Spread?]]) = ([], [])
        for kind in PacketKind.all {
            let taken = try race.run(kind)
            let least = taken[empty]!.minimum
            floor.append(least)
            columns.append(taken.map { $0?.map { $0 - least } })
        }
        self.floor = floor
        programs = race.contestants.map(\.name)
        kinds = PacketKind.all.map(\.name)
        costs = programs.indices.map { program in columns.map { $0[program] } }
    }

    /// Of a program, by kind.
    subscript(_ program: String) -> [Spread?] { costs[programs.firstIndex(of: program)!] }

    subscript(_ program: String, _ kind: String) -> Spread { self[program][kinds.firstIndex(of: kind)!]! }

    /// The dearest of some kinds; of all unless given.
    func dearest(_ program: String, _ names: [String]? = nil) -> Spread {
        let spreads = (names ?? kinds).map { self[program, $0] }
        return Spread(minimum: spreads.map(\.minimum).max()!, median: spreads.map(\.median).max()!)
    }

    /// What part of another program's cost a program has where that part is largest.
    func largestRatio(_ program: String, of other: String) -> Spread {
        let ratios = kinds.map { kind in
            let (own, its) = (self[program, kind], self[other, kind])
            return Spread(minimum: own.minimum / its.minimum, median: own.median / its.median)
        }
        return Spread(minimum: ratios.map(\.minimum).max()!, median: ratios.map(\.median).max()!)
    }
}
