import CLibbpf
import CTelegenBPF

/// A map that outlives the agent, in its pin folder: name and shape.
struct PinnedMap: Sendable {
    let name: String
    let type: bpf_map_type
    let valueSize: Int
    /// Fewer are of no use.
    var leastEntries = 1

    /// Who a slot of `counters` belongs to.
    static let taps = PinnedMap(
        name: "taps", type: BPF_MAP_TYPE_ARRAY, valueSize: MemoryLayout<telegen_tap>.size, leastEntries: 2)
    /// Over all jobs, by class.
    static let totals = PinnedMap(
        name: "stats_percpu", type: BPF_MAP_TYPE_PERCPU_ARRAY, valueSize: MemoryLayout<telegen_total>.size,
        leastEntries: Int(TELEGEN_CLASSES.rawValue))
    /// A slot for each tap, and the last one for those that have ended.
    static let counters = PinnedMap(
        name: "if_stats_percpu", type: BPF_MAP_TYPE_PERCPU_ARRAY, valueSize: MemoryLayout<telegen_counters>.size,
        leastEntries: 2)
    /// The note of a slot that is being cleared.
    static let retiring = PinnedMap(
        name: "retiring", type: BPF_MAP_TYPE_PERCPU_ARRAY, valueSize: MemoryLayout<telegen_counters>.size,
        leastEntries: 2)

    /// In the order in which they are set aside: without `taps` nobody knows whose the others are.
    static let all = [totals, retiring, counters, taps]
}

extension LinuxKernel {
    /// Kernel memory, in bytes, that the pinned maps take with room for `slots` taps.
    public static func pinnedBytes(slots: Int) -> Int {
        let cpus = Int(max(1, libbpf_num_possible_cpus()))
        func size(_ map: PinnedMap, _ entries: Int) -> Int {
            entries * map.valueSize * (map.type == BPF_MAP_TYPE_PERCPU_ARRAY ? cpus : 1)
        }
        return size(.taps, slots + 1) + size(.counters, slots + 1) + size(.retiring, 2)
            + size(.totals, Int(TELEGEN_CLASSES.rawValue))
    }
}
