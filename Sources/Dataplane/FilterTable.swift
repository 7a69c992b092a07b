import Domain

/// The filters of the ports, each port and direction asked for once: of many taps on one port all see one answer.
struct FilterTable {
    private struct Place: Hashable {
        let ifindex: UInt32
        let direction: Direction
    }

    private let kernel: any Kernel
    private var known: [Place: Set<FilterID>] = [:]

    init(_ kernel: any Kernel) { self.kernel = kernel }

    /// Whether a filter of this name stands there and is ours.
    mutating func holds(
        _ ifindex: UInt32, _ direction: Direction, _ filter: FilterID
    ) throws(KernelError) -> Bool {
        let place = Place(ifindex: ifindex, direction: direction)
        if let ours = known[place] { return ours.contains(filter) }
        let ours = Set(try kernel.filters(ifindex: ifindex, direction).filter(\.isOurs).map(\.id))
        known[place] = ours
        return ours.contains(filter)
    }
}
