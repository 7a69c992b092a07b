/// What a packet is counted as: exactly one of these, by the EtherType behind at most two VLAN tags. The raw value is
/// the row of the kernel's tables.
public enum PacketClass: Int, CaseIterable, Hashable, Sendable {
    case ipv4 = 0
    case ipv6 = 1
    case icmp6 = 2
    case other = 3

    /// The name in STATE_DB's fields and in the metrics' `proto`.
    public var name: String { String(describing: self) }
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

    public var packets: UInt64 { sizes.reduce(0, &+) }
}

/// What one tap has counted since its job's life began. Monotonic.
public struct Counters: Hashable, Sendable {
    /// One per class, in the order of `PacketClass`.
    public var classes: [ClassCounters]
    /// Packets, counted in their class too, whose headers contradict their EtherType or end early.
    public var parseErrors: UInt64
    /// Packets that the job's filter left out; in no class.
    public var filtered: UInt64

    public init(
        classes: [ClassCounters] = Array(repeating: ClassCounters(), count: PacketClass.allCases.count),
        parseErrors: UInt64 = 0, filtered: UInt64 = 0
    ) {
        self.classes = classes
        self.parseErrors = parseErrors
        self.filtered = filtered
    }

    public subscript(_ packetClass: PacketClass) -> ClassCounters {
        get { classes[packetClass.rawValue] }
        set { classes[packetClass.rawValue] = newValue }
    }

    public var packets: UInt64 { classes.reduce(0) { $0 &+ $1.packets } }
    public var bytes: UInt64 { classes.reduce(0) { $0 &+ $1.bytes } }
}
