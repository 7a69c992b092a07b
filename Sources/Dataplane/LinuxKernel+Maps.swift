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

    public func counters(count: Int) throws(KernelError) -> [Counters] {
        let slots = try countersMap.perCPU(0..<count)
        let retired = try countersMap.perCPU(countersMap.entries - 1..<countersMap.entries)
        try writeTotals([slots, retired])
        return slots.counters
    }

    /// `stats_percpu` follows the slots at every reading, so that no packet pays for it.
    private func writeTotals(_ tables: [PerCPUCounters]) throws(KernelError) {
        for packetClass in PacketClass.allCases {
            let totals = (0..<Int(libbpf_num_possible_cpus())).map { cpu in
                tables.reduce(into: telegen_total()) { $0.add($1, packetClass, cpu) }
            }
            try totalsMap.update(packetClass.rawValue, from: totals)
        }
    }

    public func clearCounters(slot: Int) throws(KernelError) {
        let last = countersMap.entries - 1
        let sum = try countersMap.perCPU(last..<last + 1) + countersMap.perCPU(slot..<slot + 1)
        let zeros = [UInt8](repeating: 0, count: sum.bytes.count)
        try countersMap.update(slot, from: zeros)
        try countersMap.update(last, from: sum.bytes)
    }

    public func details(of tap: TapID) throws(KernelError) -> Details {
        let tables = try detailTables(of: tap)
        return Details(
            qos: try tables.qos?.qosCounters(), flows: try tables.flows?.flowTable(),
            flowsMadeAt: tables.flowsMadeAt, bursts: try bursts(of: tap))
    }

    public func bursts(of tap: TapID) throws(KernelError) -> Details.Bursts? {
        let tables = try detailTables(of: tap)
        guard let windows = tables.bursts, let totals = tables.burstTotals else { return nil }
        return Details.Bursts(windows: try windows.burstWindows(), counters: try totals.burstCounters())
    }

    public func write(_ bursts: BurstCounters, of tap: TapID) throws(KernelError) {
        try detailTables(of: tap).burstTotals?.write(bursts)
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
