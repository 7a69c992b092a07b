import Domain

/// What stands on the ports, each port and direction asked for once: of many taps on one port all see one answer.
struct FilterTable {
    private struct Place: Hashable {
        let ifindex: UInt32
        let direction: Direction
    }

    /// The pins of our links on a device and direction.
    typealias OurLinks = (UInt32, Direction) -> [String]

    private let kernel: any Kernel
    private var known: [Place: [FilterInfo]] = [:]
    /// By the program's number: how many programs of others are before it in the tcx chain. All of them: at no number.
    private var chains: [Place: (ahead: [UInt32: Int], all: Int)] = [:]

    init(_ kernel: any Kernel) { self.kernel = kernel }

    /// Whether a filter of this name stands there and is ours.
    mutating func holds(
        _ ifindex: UInt32, _ direction: Direction, _ filter: FilterID
    ) throws(KernelError) -> Bool {
        try filters(Place(ifindex: ifindex, direction: direction)).contains { $0.isOurs && $0.id == filter }
    }

    /// How many programs of others the tcx chain has before this one.
    mutating func ahead(
        ofProgram program: UInt32, _ ifindex: UInt32, _ direction: Direction, _ ours: OurLinks
    ) throws(KernelError) -> Int {
        try chain(Place(ifindex: ifindex, direction: direction), ours).ahead[program] ?? 0
    }

    /// How many filters of others have a lower priority number; all of the tcx chain comes before them.
    mutating func ahead(
        of filter: FilterID, _ ifindex: UInt32, _ direction: Direction, _ ours: OurLinks
    ) throws(KernelError) -> Int {
        let place = Place(ifindex: ifindex, direction: direction)
        let filters = try filters(place).count { !$0.isOurs && $0.id.priority < filter.priority }
        return try filters + chain(place, ours).all
    }

    private mutating func filters(_ place: Place) throws(KernelError) -> [FilterInfo] {
        if let filters = known[place] { return filters }
        let filters = try kernel.filters(ifindex: place.ifindex, place.direction)
        known[place] = filters
        return filters
    }

    private mutating func chain(
        _ place: Place, _ ours: OurLinks
    ) throws(KernelError) -> (ahead: [UInt32: Int], all: Int) {
        if let chain = chains[place] { return chain }
        var own: Set<UInt32> = []
        for pin in ours(place.ifindex, place.direction) {
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
