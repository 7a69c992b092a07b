/// What was sent, as a correct counter sees it.
public struct Tally: Hashable, Sendable, Codable {
    /// Upper bounds of the size buckets in bytes, inclusive; one more bucket is above them.
    public static let sizeBounds = [
        64, 128, 256, 512, 1024, 1280, 1518, 2048, 4096, 8192, 9216, 16384, 32768, 65536,
    ]

    public struct ClassTally: Hashable, Sendable, Codable {
        public var packets: UInt64 = 0
        /// Frame bytes, tags included, without FCS.
        public var bytes: UInt64 = 0
        /// Packets per bucket.
        public var sizes = [UInt64](repeating: 0, count: sizeBounds.count + 1)

        public init() {}
    }

    /// Frames handed to the kernel; a segmented frame is one frame and several packets.
    public var frames: UInt64 = 0
    /// Packets with broken headers, counted in their class too.
    public var malformed: UInt64 = 0
    public var ipv4 = ClassTally()
    public var ipv6 = ClassTally()
    public var icmp6 = ClassTally()
    public var other = ClassTally()

    public init() {}

    /// `counts[i]` frames of the kind `frames[i]`.
    public init(of frames: [Frame], counts: [UInt64]) {
        for (frame, count) in zip(frames, counts) where count > 0 { add(frame.expectation, times: count) }
    }

    public subscript(_ packetClass: ExpectedCount.PacketClass) -> ClassTally {
        get { self[keyPath: Self.path(packetClass)] }
        set { self[keyPath: Self.path(packetClass)] = newValue }
    }

    /// Wire packets of all classes.
    public var packets: UInt64 { ExpectedCount.PacketClass.allCases.reduce(0) { $0 + self[$1].packets } }
    public var bytes: UInt64 { ExpectedCount.PacketClass.allCases.reduce(0) { $0 + self[$1].bytes } }

    public mutating func add(_ expectation: ExpectedCount, times: UInt64 = 1) {
        let packets = times * UInt64(expectation.wireLengths.count)
        frames += times
        malformed += expectation.isMalformed ? packets : 0
        var tally = self[expectation.packetClass]
        tally.packets += packets
        for length in expectation.wireLengths {
            tally.bytes += times * UInt64(length)
            tally.sizes[Self.sizeBounds.firstIndex { length <= $0 } ?? Self.sizeBounds.count] += times
        }
        self[expectation.packetClass] = tally
    }

    private static func path(_ packetClass: ExpectedCount.PacketClass) -> WritableKeyPath<Tally, ClassTally> {
        switch packetClass {
        case .ipv4: \.ipv4
        case .ipv6: \.ipv6
        case .icmp6: \.icmp6
        case .other: \.other
        }
    }
}
