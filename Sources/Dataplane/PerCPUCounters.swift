import CLibbpf
import CTelegenBPF
import Domain

/// Entries of `if_stats_percpu` as they were read: by slot, then by CPU.
struct PerCPUCounters {
    private(set) var bytes: [UInt8]
    private let cpus: Int
    private static let size = MemoryLayout<telegen_counters>.size
    private static let bytesWord = MemoryLayout<telegen_counters>.offset(of: \.bytes)! / 8
    private static let errorsWord = MemoryLayout<telegen_counters>.offset(of: \.parse_errors)! / 8
    private static let filteredWord = MemoryLayout<telegen_counters>.offset(of: \.filtered)! / 8
    private static let sizesWord = MemoryLayout<telegen_counters>.offset(of: \.sizes)! / 8

    init(bytes: [UInt8], cpus: Int) {
        self.bytes = bytes
        self.cpus = cpus
    }

    /// By slot, summed over the CPUs.
    var counters: [Counters] {
        bytes.withUnsafeBytes { table in
            (0..<table.count / (Self.size * cpus)).map { slot in
                var sum = [UInt64](repeating: 0, count: Self.size / 8)
                for cpu in 0..<cpus {
                    let words = Self.words(table, (slot * cpus + cpu) * Self.size)
                    for word in sum.indices { sum[word] &+= words[word] }
                }
                return Self.counters(sum)
            }
        }
    }

    private static func words(_ table: UnsafeRawBufferPointer, _ offset: Int) -> UnsafeBufferPointer<UInt64> {
        UnsafeRawBufferPointer(rebasing: table[offset..<offset + size]).bindMemory(to: UInt64.self)
    }

    private static func counters(_ words: [UInt64]) -> Counters {
        let classes = PacketClass.allCases.map { packetClass in
            let first = sizesWord + packetClass.rawValue * Int(TELEGEN_BUCKETS)
            return ClassCounters(
                sizes: Array(words[first..<first + SizeBounds.bucketCount]),
                bytes: words[bytesWord + packetClass.rawValue])
        }
        return Counters(classes: classes, parseErrors: words[errorsWord], filtered: words[filteredWord])
    }

    /// Word by word; the sampling's state is nobody's in a sum.
    static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum.bytes.withUnsafeMutableBytes { sum in
            b.bytes.withUnsafeBytes { other in
                for offset in stride(from: 0, to: sum.count, by: 8) {
                    let word =
                        sum.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        &+ other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    sum.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                }
            }
        }
        return sum
    }

    /// Calls `body` with the bytes of a class and its packets by size, for each slot on one CPU.
    fileprivate func forEach(
        _ packetClass: PacketClass, _ cpu: Int,
        _ body: (_ bytes: UInt64, _ sizes: Slice<UnsafeBufferPointer<UInt64>>) -> Void
    ) {
        bytes.withUnsafeBytes { table in
            for offset in stride(from: cpu * Self.size, to: table.count, by: Self.size * cpus) {
                let words = Self.words(table, offset)
                let first = Self.sizesWord + packetClass.rawValue * Int(TELEGEN_BUCKETS)
                body(words[Self.bytesWord + packetClass.rawValue], words[first..<first + SizeBounds.bucketCount])
            }
        }
    }
}

extension telegen_total {
    /// Adds what all slots have of a class on one CPU.
    mutating func add(_ counters: PerCPUCounters, _ packetClass: PacketClass, _ cpu: Int) {
        var (packets, bytes) = (self.packets, self.bytes)
        counters.forEach(packetClass, cpu) { slotBytes, sizes in
            bytes &+= slotBytes
            for size in sizes { packets &+= size }
        }
        (self.packets, self.bytes) = (packets, bytes)
    }
}

extension BPFMap {
    /// Of the map `if_stats_percpu`.
    func perCPU(_ slots: Range<Int>) throws(KernelError) -> PerCPUCounters {
        let cpus = Int(libbpf_num_possible_cpus())
        return PerCPUCounters(bytes: try read(slots, stride: valueSize * cpus), cpus: cpus)
    }
}
