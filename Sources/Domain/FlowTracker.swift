/// Follows a tap's flows from one reading of its table to the next, summing over CPUs and residencies (a flow's stay in a
/// cell of one CPU), and says of each how much of it can be missing.
///
/// A flow is forgotten after a minute without a packet, or when its score falls below 1. At most as many are followed as
/// the table has cells on all CPUs.
public struct FlowTracker: Sendable {
    private var cells: [FlowCellHistory] = []
    private var limit = 0
    /// The last reading's time, or when the table was made.
    private var previous: UnixTime?

    /// - Parameter madeAt: when the table was made, empty. Nil: not known; what the first reading finds counts from the
    ///   table's beginning on and is said to be first seen at that reading.
    public init(madeAt: UnixTime? = nil) { previous = madeAt }

    /// Takes in a reading. A table that cannot have become of the one before (another shape, or numbers that fell) is a
    /// new one: everything begins anew.
    public mutating func update(_ table: FlowTable, now: UnixTime) {
        let cpus = table.cpus
        let readings = (0..<(cpus.map(\.count).min() ?? 0)).map { cell in cpus.map { $0[cell] } }
        if readings.count != cells.count || !zip(cells, readings).allSatisfy({ $0.canBecome($1) }) {
            let empty = FlowCellHistory(cpus: cpus.count, readAt: previous ?? now)
            cells = Array(repeating: empty, count: readings.count)
            limit = readings.count * cpus.count
        }
        for index in cells.indices { cells[index].update(readings[index], now: now) }
        forgetSmallest()
        previous = now
    }

    /// The flows of the highest score, the first one first.
    public func top(_ count: Int) -> [FlowReport] {
        Array(cells.flatMap { $0.flows.values }.sorted { $0.ranks(before: $1) }.prefix(count))
    }

    private mutating func forgetSmallest() {
        guard cells.reduce(0, { $0 + $1.flows.count }) > limit else { return }
        let all = cells.indices.flatMap { index in cells[index].flows.values.map { (index, $0) } }
        for (index, flow) in all.sorted(by: { $0.1.ranks(before: $1.1) }).dropFirst(limit) {
            cells[index].forget(flow.key)
        }
    }
}
