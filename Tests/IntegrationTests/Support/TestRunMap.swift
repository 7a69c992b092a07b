import CLibbpf

/// A per-CPU array of a loaded object.
struct TestRunMap {
    private let descriptor: Int32
    private let valueSize: Int
    let entries: Int
    static let cpus = Int(libbpf_num_possible_cpus())

    init(_ map: OpaquePointer) {
        descriptor = bpf_map__fd(map)
        valueSize = Int(bpf_map__value_size(map))
        entries = Int(bpf_map__max_entries(map))
    }

    /// An entry's values, by CPU.
    func values<Value>(_ entry: Int = 0, as type: Value.Type = Value.self) -> [Value] {
        precondition(MemoryLayout<Value>.size == valueSize)
        return withUnsafeTemporaryAllocation(byteCount: Self.cpus * valueSize, alignment: 8) { bytes in
            var key = UInt32(entry)
            precondition(bpf_map_lookup_elem(descriptor, &key, bytes.baseAddress) == 0)
            return (0..<Self.cpus).map { bytes.loadUnaligned(fromByteOffset: $0 * valueSize, as: type) }
        }
    }

    /// The sum over all CPUs of a value that consists of 64-bit numbers.
    func sums() -> [UInt64] {
        withUnsafeTemporaryAllocation(byteCount: Self.cpus * valueSize, alignment: 8) { bytes in
            var key: UInt32 = 0
            precondition(bpf_map_lookup_elem(descriptor, &key, bytes.baseAddress) == 0)
            let words = bytes.bindMemory(to: UInt64.self)
            return (0..<valueSize / 8).map { word in
                (0..<Self.cpus).reduce(0) { $0 &+ words[$1 * valueSize / 8 + word] }
            }
        }
    }

    /// Sets all to zero.
    func clear() {
        let zeros = [UInt8](repeating: 0, count: Self.cpus * valueSize)
        for entry in 0..<UInt32(entries) {
            var key = entry
            precondition(bpf_map_update_elem(descriptor, &key, zeros, 0) == 0)
        }
    }
}
