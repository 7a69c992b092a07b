/// One cell of a flow table on all CPUs, as it was read last, and the flows followed that lead there.
///
/// A reading in which any CPU's cell was torn is left out as a whole, so that all that is known is of one moment.
struct FlowCellHistory: Sendable {
    private var known: [FlowCell]
    private var readAt: UnixTime
    private(set) var flows: [FlowKey: FlowReport] = [:]

    /// A cell in which nobody had come at `readAt`.
    init(cpus: Int, readAt: UnixTime) {
        known = Array(repeating: FlowCell(), count: cpus)
        self.readAt = readAt
    }

    /// Whether this cell can have become that one.
    func canBecome(_ cells: [FlowCell]) -> Bool {
        known.count == cells.count && zip(known, cells).allSatisfy { $1.isTorn || $1.continues($0) }
    }

    mutating func update(_ cells: [FlowCell], now: UnixTime) {
        guard !cells.contains(where: \.isTorn) else { return }
        for (cell, earlier) in zip(cells, known) {
            guard let key = cell.owner, flows[key] == nil, cell.counted(of: key, since: earlier).packets > 0
            else { continue }
            flows[key] = FlowReport(key: key, firstSeen: readAt, lastSeen: now)
        }
        for key in flows.keys {
            let changes = zip(cells, known)
            let counted = changes.reduce(Volume()) { $0 + $1.0.counted(of: key, since: $1.1) }
            let error = changes.reduce(Volume()) { $0 + $1.0.missed(of: key, since: $1.1) }
            flows[key]?.add(counted, error: error, now: now)
        }
        flows = flows.filter { !$0.value.isForgotten(now) }
        (known, readAt) = (cells, now)
    }

    mutating func forget(_ key: FlowKey) { flows[key] = nil }
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
