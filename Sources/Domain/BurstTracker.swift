/// Follows a tap's bytes per window of time, and how near they come to what the port can carry.
public struct BurstTracker: Sendable {
    private var counters = BurstCounters()
    private let resolution: Int
    private let startedAt: UnixTime
    private var speed: UInt64?
    /// The newest window of a reading, and when that was: soon after it is complete.
    private var newest: (window: UInt64, readAt: UnixTime) = (0, UnixTime(nanoseconds: 0))
    private var complete: UInt64 = 0
    /// The largest new window of each update of the last minute that had one.
    private var peaks: [(time: UnixTime, bytes: UInt64)] = []

    /// - Parameters:
    ///   - resolution: microseconds of a window.
    ///   - counters: what an earlier agent had counted since `startedAt`.
    public init(resolution: Int, startedAt: UnixTime, counters: BurstCounters = BurstCounters()) {
        self.resolution = resolution
        self.startedAt = startedAt
        self.counters = counters
    }

    /// Takes in a reading of the ring.
    ///
    /// - Parameter speed: of the port in bits per second; nil: it does not say, and the last known one holds.
    public mutating func update(_ windows: BurstWindows, speed: UInt64?, now: UnixTime) {
        if let speed, speed > 0 { self.speed = speed }
        var new = BurstCounters()
        new.lastWindow = counters.lastWindow
        if now < newest.readAt || now.nanoseconds >= newest.readAt.nanoseconds &+ 2000 * UInt64(resolution) {
            complete = newest.window
            newest = (windows.windows.last?.number ?? complete, now)
        }
        new.add(windows, through: complete, capacity: nil)
        counters.add(windows, through: complete, capacity: report.capacity)
        peaks.removeAll { $0.time.nanoseconds &+ 60_000_000_000 <= now.nanoseconds }
        if new.peakBytes > 0 { peaks.append((now, new.peakBytes)) }
    }

    public var report: BurstReport {
        BurstReport(
            counters: counters, resolution: resolution, speed: speed, recentPeakBytes: peaks.map(\.bytes).max() ?? 0,
            startedAt: startedAt)
    }
}

/// What is known of a tap's bursts.
public struct BurstReport: Hashable, Sendable {
    public var counters: BurstCounters
    /// Microseconds of a window: a tick of the kernel, 1,000 to 10,000.
    public var resolution: Int
    /// Of the port in bits per second, as it was known last; nil: it has never said.
    public var speed: UInt64?
    /// The most bytes in one window of the last minute.
    public var recentPeakBytes: UInt64
    /// Since when `counters` count.
    public var startedAt: UnixTime

    public init(
        counters: BurstCounters, resolution: Int, speed: UInt64?, recentPeakBytes: UInt64, startedAt: UnixTime
    ) {
        self.counters = counters
        self.resolution = resolution
        self.speed = speed
        self.recentPeakBytes = recentPeakBytes
        self.startedAt = startedAt
    }

    /// Bytes that a full window carries at the port's speed.
    public var capacity: UInt64? { speed.map { UInt64(UInt128($0) * UInt128(resolution) / 8_000_000) } }

    /// The largest window, in percent of the capacity.
    public var peakPercent: Double? {
        capacity.flatMap { $0 > 0 ? Double(counters.peakBytes) * 100 / Double($0) : nil }
    }
}
