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
    /// By the program's number: how many programs of others are before it in the tcx chain. All of them: at no number.
    private var chains: [Place: (ahead: [UInt32: Int], all: Int)] = [:]

    /// - Parameter pins: of our links.
    init(_ kernel: any Kernel, pins: [Place: [String]] = [:]) { (self.kernel, self.pins) = (kernel, pins) }

    /// Whether a filter of this name stands there and is ours.
    mutating func holds(_ filter: FilterID, at place: Place) throws(KernelError) -> Bool {
        try filters(place).contains { $0.isOurs && $0.id == filter }
    }

    /// How many programs of others the tcx chain has before this one.
    mutating func ahead(ofProgram program: UInt32, at place: Place) throws(KernelError) -> Int {
        try chain(place).ahead[program] ?? 0
    }

    /// How many filters of others are looked at before; all of the tcx chain comes before them too.
    mutating func ahead(of filter: FilterID, at place: Place) throws(KernelError) -> Int {
        // The kernel tells them in the order in which it looks at them, also of those of one priority.
        let earlier = try filters(place).prefix { !$0.isOurs || $0.id != filter }
        return try earlier.count { !$0.isOurs } + chain(place).all
    }

    private mutating func filters(_ place: Place) throws(KernelError) -> [FilterInfo] {
        if let filters = known[place] { return filters }
        let filters = try kernel.filters(ifindex: place.ifindex, place.direction)
        known[place] = filters
        return filters
    }

    private mutating func chain(_ place: Place) throws(KernelError) -> (ahead: [UInt32: Int], all: Int) {
        if let chain = chains[place] { return chain }
        var own: Set<UInt32> = []
        for pin in pins[place] ?? [] {
            if let link = try kernel.link(pin: pin) { own.insert(link.programID) }
        }
        var (ahead, others): ([UInt32: Int], Int) = ([:], 0)
        for program in kernel.chain(ifindex: place.ifindex, place.direction) {
            if own.contains(program) { ahead[program] = others } else { others += 1 }
        }
        chains[place] = (ahead, others)
        return (ahead, others)
    }
}
