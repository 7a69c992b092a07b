import Domain

/// What stands on the ports, each port and direction asked for once: of many taps on one port all see one answer.
struct FilterTable {
    struct Place: Hashable {
        let ifindex: UInt32
        let direction: Direction
    }

    private let kernel: any Kernel
    private let pins: [Place: [String]]
    private var known: [Place: [FilterInfo]] = [:]
    private var chains: [Place: Chain] = [:]

    /// The tcx chain of a place.
    private struct Chain {
        /// Whether the kernel tells it.
        var isKnown = false
        var programs: Set<UInt32> = []
        /// By the program's number: how many programs of others are before it.
        var ahead: [UInt32: Int] = [:]
        /// How many programs of others there are.
        var others = 0
    }

    /// - Parameter pins: of our links.
    init(_ kernel: any Kernel, pins: [Place: [String]] = [:]) { (self.kernel, self.pins) = (kernel, pins) }

    /// Whether a filter of this name stands there and is ours.
    mutating func holds(_ filter: FilterID, at place: Place) throws(KernelError) -> Bool {
        try filters(place).contains { $0.isOurs && $0.id == filter }
    }

    /// How many programs of others the tcx chain has before this one; nil: it is not in this chain, as when its device is
    /// another one of that number, in another namespace.
    mutating func ahead(ofProgram program: UInt32, at place: Place) throws(KernelError) -> Int? {
        let chain = try chain(place)
        guard !chain.isKnown || chain.programs.contains(program) else { return nil }
        return chain.ahead[program] ?? 0
    }

    /// How many filters of others are looked at before; all of the tcx chain comes before them too.
    mutating func ahead(of filter: FilterID, at place: Place) throws(KernelError) -> Int {
        // The kernel tells them in the order in which it looks at them, also of those of one priority.
        let earlier = try filters(place).prefix { !$0.isOurs || $0.id != filter }
        return try earlier.count { !$0.isOurs } + chain(place).others
    }

    private mutating func filters(_ place: Place) throws(KernelError) -> [FilterInfo] {
        if let filters = known[place] { return filters }
        let filters = try kernel.filters(ifindex: place.ifindex, place.direction)
        known[place] = filters
        return filters
    }

    private mutating func chain(_ place: Place) throws(KernelError) -> Chain {
        if let chain = chains[place] { return chain }
        var own: Set<UInt32> = []
        for pin in pins[place] ?? [] {
            if let link = try kernel.link(pin: pin) { own.insert(link.programID) }
        }
        var chain = Chain()
        if let programs = kernel.chain(ifindex: place.ifindex, place.direction) {
            (chain.isKnown, chain.programs) = (true, Set(programs))
            for program in programs {
                if own.contains(program) { chain.ahead[program] = chain.others } else { chain.others += 1 }
            }
        }
        chains[place] = chain
        return chain
    }
}
