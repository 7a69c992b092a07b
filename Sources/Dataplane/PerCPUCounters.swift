import CLibbpf
import CTelegenBPF
import Domain

/// Entries of `if_stats_percpu` as they were read: by slot, then by CPU.
struct PerCPUCounters {
    /// Those of `struct telegen_counters`.
    private(set) var words: [UInt64] = []
    private let cpus = Int(libbpf_num_possible_cpus())
    private static let size = MemoryLayout<telegen_counters>.size / 8
    private static let bytes = word(\.bytes)
    private static let sizes = word(\.sizes)
    private static let classes = Int(TELEGEN_CLASSES.rawValue)
    private static let buckets = Int(TELEGEN_BUCKETS)

    private static func word<Field>(_ path: KeyPath<telegen_counters, Field>) -> Int {
        MemoryLayout<telegen_counters>.offset(of: path)! / 8
    }

    /// One entry of a map.
    static func reading(_ slot: Int, of map: BPFMap) throws(KernelError) -> Self {
        var counters = Self()
        try counters.read(slot..<slot + 1, of: map)
        return counters
    }

    /// Reads slots of the map, in place of what was read before.
    mutating func read(_ slots: Range<Int>, of map: BPFMap) throws(KernelError) {
        let count = slots.count * cpus * Self.size
        if words.count != count { words = Array(repeating: 0, count: count) }
        try map.read(slots, into: &words)
    }

    /// By slot, summed over the CPUs.
    var counters: [Counters] {
        let (errors, filtered) = (Self.word(\.parse_errors), Self.word(\.filtered))
        var sum = [UInt64](repeating: 0, count: Self.size)
        return stride(from: 0, to: words.count, by: Self.size * cpus).map { slot in
            words.withUnsafeBufferPointer { words in
                for word in 0..<Self.size { sum[word] = words[slot + word] }
                for entry in stride(from: slot + Self.size, to: slot + Self.size * cpus, by: Self.size) {
                    for word in 0..<Self.size { sum[word] &+= words[entry + word] }
                }
            }
            let sum = sum.span
            return Counters(
                sizes: sum.extracting(Self.sizes..<Self.sizes + Self.classes * Self.buckets),
                bytes: sum.extracting(Self.bytes..<Self.bytes + Self.classes),
                parseErrors: sum[errors], filtered: sum[filtered])
        }
    }

    /// The sum of all slots that were read, as one.
    var sum: Self {
        var sum = self
        sum.words = Array(repeating: 0, count: cpus * Self.size)
        words.withUnsafeBufferPointer { words in
            for slot in stride(from: 0, to: words.count, by: sum.words.count) {
                for word in sum.words.indices { sum.words[word] &+= words[slot + word] }
            }
        }
        return sum
    }

    /// Values of `stats_percpu`, by class: what one slot has on each CPU.
    var totals: [[telegen_total]] {
        (0..<Self.classes).map { row in
            stride(from: 0, to: words.count, by: Self.size).map { entry in
                let first = entry + Self.sizes + row * Self.buckets
                let packets = words[first..<first + Self.buckets].reduce(0, &+)
                return telegen_total(packets: packets, bytes: words[entry + Self.bytes + row])
            }
        }
    }

    /// Word by word; the sampling's state is nobody's in a sum.
    static func + (a: Self, b: Self) -> Self {
        var sum = a
        for word in sum.words.indices { sum.words[word] &+= b.words[word] }
        return sum
    }
}
