/// Bytes by window of time, as a tap's ring had them when it was read; summed over the CPUs. Windows are numbered by the
/// kernel's jiffies and rise; one in which nothing came is not there.
public struct BurstWindows: Hashable, Sendable {
    /// Number and bytes, rising. Those that were going on while the ring was read may not be complete.
    public var windows: [(number: UInt64, bytes: UInt64)]

    public init(_ windows: [(number: UInt64, bytes: UInt64)]) { self.windows = windows }

    public static func == (a: Self, b: Self) -> Bool { a.windows.elementsEqual(b.windows) { $0 == $1 } }

    public func hash(into hasher: inout Hasher) {
        for window in windows {
            hasher.combine(window.number)
            hasher.combine(window.bytes)
        }
    }
}

/// What `detail` `bursts` has seen of a tap.
public struct BurstCounters: Hashable, Sendable {
    /// The last complete window that is counted here.
    public var lastWindow: UInt64 = 0
    /// The most bytes in one window.
    public var peakBytes: UInt64 = 0
    /// Windows in which something came, by how much of what the port can carry that was: `BurstBounds`. Only those of
    /// times when the port's speed was known.
    public var windows: [UInt64]

    public init(windows: [UInt64] = Array(repeating: 0, count: BurstBounds.bucketCount)) { self.windows = windows }

    /// Counts the windows that are new and complete, each once.
    ///
    /// - Parameters:
    ///   - last: the last complete one: what was the newest at an earlier reading, a window's time ago at least.
    ///   - capacity: bytes that a full window carries at the port's speed; nil: not known.
    public mutating func add(_ read: BurstWindows, through last: UInt64, capacity: UInt64?) {
        for (number, bytes) in read.windows where number > lastWindow && number <= last {
            lastWindow = number
            peakBytes = max(peakBytes, bytes)
            if let capacity, capacity > 0 { windows[BurstBounds.bucket(of: bytes, capacity: capacity)] &+= 1 }
        }
    }
}

/// The buckets of `BurstCounters.windows`.
public enum BurstBounds {
    /// Percent of the port's speed, inclusive; the last bucket, above them all, has none.
    public static let upper = [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100]
    public static let bucketCount = upper.count + 1

    /// The bucket of a window in which `bytes` came where `capacity` could have.
    public static func bucket(of bytes: UInt64, capacity: UInt64) -> Int {
        upper.firstIndex { UInt128(bytes) * 100 <= UInt128(capacity) * UInt128($0) } ?? upper.count
    }
}
