/// Follows a tap's flows from one reading of its table to the next, summing over CPUs and residencies (a flow's stay in a
/// cell of one CPU), and says of each how much of it can be missing.
///
/// A flow is forgotten after a minute without a packet, or when its score falls below 1. At most as many are followed as
/// the table has cells on all CPUs. One array and one dictionary for all of it, because there can be thousands of cells,
/// most of them as they were.
public struct FlowTracker: Sendable {
    /// Each place as it was when it was last read whole.
    private var known: FlowTable?
    /// When that was; nil: not yet.
    private var readAt: [UnixTime?] = []
    /// Those followed, by their place.
    private var flows: [Int: [FlowKey: FlowReport]] = [:]
    private let madeAt: UnixTime?

    /// - Parameter madeAt: when the table was made, empty. Nil: not known; flows are counted from the first reading on.
    public init(madeAt: UnixTime?) { self.madeAt = madeAt }

    /// Takes in a reading. After one that cannot have become of the one before (another shape, or numbers that fell)
    /// everything begins anew.
    public mutating func update(_ table: FlowTable, now: UnixTime) {
        if known == nil, let madeAt {
            begin(
                FlowTable(cells: Array(repeating: FlowCell(), count: table.cells.count), cpus: table.cpus), at: madeAt)
        }
        if known.map({ !canBecome(table, from: $0) }) ?? true { begin(table, at: nil) }
        for place in table.places where !table[place].contains(where: \.isTorn) {
            if let since = readAt[place], flows[place] != nil || known?[place] != table[place] {
                update(place, table[place], since: since, now: now)
            }
            known?[place] = table[place]
            readAt[place] = now
        }
        forgetSmallest()
    }

    /// The flows of the highest score, the first one first.
    public func top(_ count: Int) -> [FlowReport] {
        Array(flows.values.flatMap(\.values).sorted { $0.ranks(before: $1) }.prefix(count))
    }

    private mutating func begin(_ table: FlowTable, at time: UnixTime?) {
        known = table
        readAt = Array(repeating: time, count: table.places.count)
        flows = [:]
    }

    private func canBecome(_ table: FlowTable, from earlier: FlowTable) -> Bool {
        guard table.cpus == earlier.cpus, table.cells.count == earlier.cells.count else { return false }
        return table.cells.indices.allSatisfy { index in
            let (cell, known) = (table.cells[index], earlier.cells[index])
            return cell.isTorn || readAt[index / table.cpus] == nil || cell.continues(known)
        }
    }

    /// A reading in which any CPU's cell was torn is left out as a whole, so that all that is known is of one moment.
    private mutating func update(_ place: Int, _ cells: ArraySlice<FlowCell>, since: UnixTime, now: UnixTime) {
        guard let known else { return }
        let changes = zip(cells, known[place])
        var followed = flows[place] ?? [:]
        for (cell, earlier) in changes {
            guard let key = cell.owner, followed[key] == nil, cell.counted(of: key, since: earlier).packets > 0
            else { continue }
            followed[key] = FlowReport(key: key, firstSeen: since, lastSeen: now)
        }
        for key in followed.keys {
            let counted = changes.reduce(Volume()) { $0 + $1.0.counted(of: key, since: $1.1) }
            let error = changes.reduce(Volume()) { $0 + $1.0.missed(of: key, since: $1.1) }
            followed[key]?.add(counted, error: error, now: now)
        }
        followed = followed.filter { !$0.value.isForgotten(now) }
        flows[place] = followed.isEmpty ? nil : followed
    }

    private mutating func forgetSmallest() {
        let limit = known?.cells.count ?? 0
        guard flows.values.reduce(0, { $0 + $1.count }) > limit else { return }
        let all = flows.flatMap { place, followed in followed.values.map { (place, $0) } }
        for (place, flow) in all.sorted(by: { $0.1.ranks(before: $1.1) }).dropFirst(limit) {
            flows[place]?[flow.key] = nil
        }
    }
}

extension FlowCell {
    /// Read while it was being handed over.
    var isTorn: Bool { owner == nil && version > 0 }

    /// Whether the same stay of the same flow as in an earlier reading.
    private func isSameStay(as earlier: FlowCell) -> Bool { version == earlier.version && owner == earlier.owner }

    /// Whether this cell can have become of `earlier`. Versions may wrap.
    fileprivate func continues(_ earlier: FlowCell) -> Bool {
        let steps = Int32(bitPattern: version &- earlier.version)
        return steps >= 0 && other.reaches(earlier.other)
            && (steps > 0 || isSameStay(as: earlier) && missed == earlier.missed && counted.reaches(earlier.counted))
    }

    /// What the flow has been counted here since an earlier reading.
    fileprivate func counted(of key: FlowKey, since earlier: FlowCell) -> Volume {
        guard owner == key else { return Volume() }
        return isSameStay(as: earlier) ? counted - earlier.counted : counted
    }

    /// The most of the flow that can have come here since then without being counted as its own.
    fileprivate func missed(of key: FlowKey, since earlier: FlowCell) -> Volume {
        guard owner == key else { return other - earlier.other }
        return isSameStay(as: earlier) ? Volume() : missed - earlier.other
    }
}

extension Volume {
    fileprivate func reaches(_ earlier: Volume) -> Bool { packets >= earlier.packets && bytes >= earlier.bytes }
}
