import CLibbpf
import CTelegenBPF
import Domain
import Glibc

extension LinuxKernel {
    public var countersAreNew: Bool { countersMap.isNew }

    public func records() throws(KernelError) -> [TapRecord] { try tapsMap.tapRecords(count: slotCount) }

    public func write(_ record: TapRecord, at slot: Int) throws(KernelError) {
        var raw = record.raw
        try tapsMap.update(slot, from: &raw)
    }

    /// Also writes `stats_percpu`, which follows the slots at every reading, so that no packet pays for it.
    public func counters(count: Int) throws(KernelError) -> [Counters] {
        var counters: [Counters] = []
        counters.reserveCapacity(count)
        var total = try PerCPUCounters.reading(retiredSlot, of: countersMap)
        // By pieces that stay in the CPU's nearest caches.
        var piece = PerCPUCounters()
        for first in stride(from: 0, to: count, by: 128) {
            try piece.read(first..<min(first + 128, count), of: countersMap)
            counters += piece.counters
            total = total + piece.sum
        }
        for (row, totals) in total.totals.enumerated() { try totalsMap.update(row, from: totals) }
        return counters
    }

    /// What the slot has counted is kept in the totals over all jobs. Whoever is killed in between leaves a note by which
    /// the next agent ends it: nothing is added twice or lost.
    public func clearCounters(slot: Int) throws(KernelError) {
        try beginRetirement(of: slot)
        try finishRetirement()
    }

    func beginRetirement(of slot: Int) throws(KernelError) {
        let sum = try PerCPUCounters.reading(retiredSlot, of: countersMap) + .reading(slot, of: countersMap)
        try retiringMap.update(Retiring.sum, from: sum.words)
        try note(retiring: slot)
    }

    /// Ends what was begun, by this agent or one that was killed.
    func finishRetirement() throws(KernelError) {
        let note = try PerCPUCounters.reading(Retiring.note, of: retiringMap).words
        guard let slot = note.first.flatMap({ Int(exactly: $0) }), (1...slotCount).contains(slot) else { return }
        try countersMap.update(retiredSlot, from: PerCPUCounters.reading(Retiring.sum, of: retiringMap).words)
        try countersMap.update(slot - 1, from: note.map { _ in UInt64(0) })
        try self.note(retiring: nil)
    }

    private func note(retiring slot: Int?) throws(KernelError) {
        var note = try PerCPUCounters.reading(Retiring.note, of: retiringMap).words.map { _ in UInt64(0) }
        note[0] = slot.map { UInt64($0) + 1 } ?? 0
        try retiringMap.update(Retiring.note, from: note)
    }

    /// Entries of the map `retiring`: what the totals will hold of taps that have ended, and the slot that is being added
    /// to them, plus 1, in the first word.
    private enum Retiring {
        static let (sum, note) = (0, 1)
    }

    /// No slot: it keeps what taps that have ended had counted.
    private var retiredSlot: Int { countersMap.entries - 1 }

    public func details(of tap: TapID, _ wanted: Set<Detail>) throws(KernelError) -> Details {
        let tables = try detailTables(of: tap)
        var details = Details()
        if wanted.contains(.qos) { details.qos = try tables.qos?.qosCounters() }
        if wanted.contains(.flows) {
            (details.flows, details.flowsMadeAt) = (try tables.flows?.flowTable(), tables.flowsMadeAt)
        }
        if wanted.contains(.bursts) { details.bursts = try bursts(of: tap) }
        return details
    }

    public func copies(of tap: TapID) throws(KernelError) -> CopyCounters? {
        try detailTables(of: tap).copies?.copyCounters()
    }

    public func arrivals(of tap: TapID) throws(KernelError) -> ArrivalCounters? {
        try detailTables(of: tap).copies?.arrivalCounters()
    }

    public func bursts(of tap: TapID) throws(KernelError) -> Details.Bursts? {
        let tables = try detailTables(of: tap)
        guard let windows = tables.bursts, let totals = tables.burstTotals else { return nil }
        return Details.Bursts(windows: try windows.burstWindows(), counters: try totals.burstCounters())
    }

    public func write(_ bursts: BurstCounters, of tap: TapID) throws(KernelError) {
        try detailTables(of: tap).burstTotals?.write(bursts)
    }

    public func settleFlows(of tap: TapID, wanted: Bool, now: UnixTime) throws(KernelError) {
        try detailTables(of: tap).settleFlows(wanted: wanted, now: now)
    }

    public func removeDetails(of tap: TapID) throws(KernelError) {
        try DetailTables.remove(of: tap, pins)
        details[tap] = nil
        streams[tap] = nil
        if !details.keys.contains(where: { $0.job == tap.job }) { buckets[tap.job] = nil }
    }

    public func removeDetails(allBut taps: Set<TapID>) throws(KernelError) {
        let known = Set(taps.map(\.pin))
        for name in try pins.names(in: pins.details) {
            if let owner = DetailTables.owner(ofPin: name), !known.contains(owner) { unlink(pins.detailPin(name)) }
        }
    }
}

extension BPFMap {
    /// The entries of the map `taps`; one that cannot be believed is free.
    func tapRecords(count: Int) throws(KernelError) -> [TapRecord] {
        let stride = MemoryLayout<telegen_tap>.stride
        return try read(count: count, stride: stride).withUnsafeBytes { table in
            (0..<count).map {
                TapRecord(table.loadUnaligned(fromByteOffset: $0 * stride, as: telegen_tap.self)) ?? .free
            }
        }
    }
}
