import Domain

/// The owners' table as it is in the kernel: who has which counter slot.
struct Slots {
    private var records: [TapRecord]
    private(set) var inUse: [TapID: Int] = [:]

    /// A tap that stands twice keeps the first slot; the others are free.
    init(_ records: [TapRecord]) {
        self.records = records
        for (slot, record) in records.enumerated() {
            guard let tap = record.tap else { continue }
            if inUse[tap] == nil { inUse[tap] = slot } else { self.records[slot] = .free }
        }
    }

    subscript(tap: TapID) -> Int? { inUse[tap] }

    subscript(slot: Int) -> TapRecord {
        get { records[slot] }
        set {
            if let old = records[slot].tap { inUse[old] = nil }
            if let new = newValue.tap { inUse[new] = slot }
            records[slot] = newValue
        }
    }

    /// The lowest ones are taken first, so that reading them all reads little.
    var lowestFree: Int? { records.firstIndex { $0.tap == nil } }

    /// One more than the highest slot in use.
    var end: Int { (records.lastIndex { $0.tap != nil } ?? -1) + 1 }
}
