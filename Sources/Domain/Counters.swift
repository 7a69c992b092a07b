/// What a packet is counted as: exactly one of these, by the EtherType behind at most two VLAN tags. The raw value is
/// the row of the kernel's tables.
public enum PacketClass: Int, CaseIterable, Hashable, Sendable {
    case ipv4 = 0
    case ipv6 = 1
    case icmp6 = 2
    case other = 3

    /// The name in STATE_DB's fields and in the metrics' `proto`.
    public var name: String { Self.names[rawValue] }

    /// Looked up: reflection would make up much of what the agent uses at rest.
    private static let names = allCases.map { String(describing: $0) }
}

/// The packet-size histogram's buckets.
public enum SizeBounds {
    /// Upper bounds in bytes, inclusive; the last bucket, above them all, has none.
    public static let upper: [Int] = [
        64, 128, 256, 512, 1024, 1280, 1518, 2048, 4096, 8192, 9216, 16384, 32768, 65536,
    ]

    public static let bucketCount = upper.count + 1

    /// The bucket that a packet of `length` bytes belongs to.
    public static func bucket(of length: Int) -> Int { upper.firstIndex { length <= $0 } ?? upper.count }
}

/// The packets of one class.
public struct ClassCounters: Hashable, Sendable {
    /// Packets per bucket of `SizeBounds`.
    public var sizes: [UInt64]
    /// Frame bytes, VLAN tags included, without FCS and preamble.
    public var bytes: UInt64

    public init(sizes: [UInt64] = Array(repeating: 0, count: SizeBounds.bucketCount), bytes: UInt64 = 0) {
        self.sizes = sizes
        self.bytes = bytes
    }

    public var packets: UInt64 {
        var sum: UInt64 = 0
        for size in sizes { sum &+= size }
        return sum
    }
}

/// What one tap has counted since its job's life began. Monotonic.
public struct Counters: Hashable, Sendable {
    /// Per class its packets by size and its bytes, then `parseErrors` and `filtered`: one piece of memory, because
    /// hundreds of these are made at every reading.
    private var words: [UInt64]

    private static let rowLength = SizeBounds.bucketCount + 1
    private static let troubles = PacketClass.allCases.count * rowLength

    public init() {
        words = Array(repeating: 0, count: Self.troubles + 2)
    }

    /// - Parameters:
    ///   - sizes: per class, in the order of `PacketClass`, its packets per bucket of `SizeBounds` and one more value
    ///     that does not matter.
    ///   - bytes: per class.
    public init(sizes: Span<UInt64>, bytes: Span<UInt64>, parseErrors: UInt64, filtered: UInt64) {
        precondition(sizes.count == Self.troubles && bytes.count == PacketClass.allCases.count)
        words = Array(unsafeUninitializedCapacity: Self.troubles + 2) { words, count in
            sizes.withUnsafeBufferPointer { _ = words.initialize(fromContentsOf: $0) }
            for row in bytes.indices { words[row * Self.rowLength + Self.rowLength - 1] = bytes[row] }
            words.initializeElement(at: Self.troubles, to: parseErrors)
            words.initializeElement(at: Self.troubles + 1, to: filtered)
            count = Self.troubles + 2
        }
    }

    /// Packets, counted in their class too, whose headers contradict their EtherType or end early.
    public var parseErrors: UInt64 {
        get { words[Self.troubles] }
        set { words[Self.troubles] = newValue }
    }

    /// Packets that the job's filter left out; in no class.
    public var filtered: UInt64 {
        get { words[Self.troubles + 1] }
        set { words[Self.troubles + 1] = newValue }
    }

    public subscript(_ packetClass: PacketClass) -> ClassCounters {
        get {
            let first = packetClass.rawValue * Self.rowLength
            return ClassCounters(
                sizes: Array(words[first..<first + Self.rowLength - 1]), bytes: words[first + Self.rowLength - 1])
        }
        set {
            precondition(newValue.sizes.count == SizeBounds.bucketCount)
            let first = packetClass.rawValue * Self.rowLength
            words.replaceSubrange(first..<first + Self.rowLength, with: newValue.sizes + [newValue.bytes])
        }
    }

    public var packets: UInt64 {
        var sum: UInt64 = 0
        for word in 0..<Self.troubles { sum &+= words[word] }
        return sum &- bytes
    }

    public var bytes: UInt64 {
        var sum: UInt64 = 0
        for word in stride(from: Self.rowLength - 1, to: Self.troubles, by: Self.rowLength) { sum &+= words[word] }
        return sum
    }
}
