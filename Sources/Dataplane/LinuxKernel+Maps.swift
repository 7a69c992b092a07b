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

    public func counters(count: Int) throws(KernelError) -> [Counters] { try countersMap.tapCounters(count: count) }

    public func clearCounters(slot: Int) throws(KernelError) {
        let zeros = [UInt8](repeating: 0, count: countersMap.valueSize * Int(libbpf_num_possible_cpus()))
        try countersMap.update(slot, from: zeros)
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

    /// The entries of the map `if_stats_percpu`, summed over the CPUs.
    func tapCounters(count: Int) throws(KernelError) -> [Counters] {
        let size = MemoryLayout<telegen_counters>.size
        let cpus = Int(libbpf_num_possible_cpus())
        return try read(count: count, stride: size * cpus).withUnsafeBytes { table in
            (0..<count).map { slot in
                (0..<cpus).reduce(into: Counters()) { sum, cpu in
                    let offset = (slot * cpus + cpu) * size
                    sum.add(UnsafeRawBufferPointer(rebasing: table[offset..<offset + size]))
                }
            }
        }
    }
}

extension Counters {
    /// Adds one CPU's `struct telegen_counters`: 64-bit words all.
    fileprivate mutating func add(_ record: UnsafeRawBufferPointer) {
        let words = record.bindMemory(to: UInt64.self)
        let sizes = MemoryLayout<telegen_counters>.offset(of: \.sizes)! / 8
        for row in classes.indices {
            classes[row].bytes &+= words[row]
            for bucket in 0..<SizeBounds.bucketCount {
                classes[row].sizes[bucket] &+= words[sizes + row * Int(TELEGEN_BUCKETS) + bucket]
            }
        }
        parseErrors &+= words[MemoryLayout<telegen_counters>.offset(of: \.parse_errors)! / 8]
        filtered &+= words[MemoryLayout<telegen_counters>.offset(of: \.filtered)! / 8]
    }
}
