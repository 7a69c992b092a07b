import CLibbpf
import CTelegenBPF
import Domain

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
        var total = try readCounters(retiredSlot)
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

    public func clearCounters(slot: Int) throws(KernelError) {
        let sum = try readCounters(retiredSlot) + readCounters(slot)
        let zeros = [UInt64](repeating: 0, count: sum.words.count)
        try countersMap.update(slot, from: zeros)
        try countersMap.update(retiredSlot, from: sum.words)
    }

    /// No slot: it keeps what taps that have ended had counted.
    private var retiredSlot: Int { countersMap.entries - 1 }

    private func readCounters(_ slot: Int) throws(KernelError) -> PerCPUCounters {
        var counters = PerCPUCounters()
        try counters.read(slot..<slot + 1, of: countersMap)
        return counters
    }

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

    public func bursts(of tap: TapID) throws(KernelError) -> Details.Bursts? {
        let tables = try detailTables(of: tap)
        guard let windows = tables.bursts, let totals = tables.burstTotals else { return nil }
        return Details.Bursts(windows: try windows.burstWindows(), counters: try totals.burstCounters())
    }

    public func write(_ bursts: BurstCounters, of tap: TapID) throws(KernelError) {
        try detailTables(of: tap).burstTotals?.write(bursts)
    }

    public func settleFlows(of tap: TapID, wanted: Bool) throws(KernelError) {
        try detailTables(of: tap).settleFlows(wanted: wanted)
    }

    public func removeDetails(of tap: TapID) throws(KernelError) {
        details[tap] = nil
        try DetailTables.remove(of: tap, pins)
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
