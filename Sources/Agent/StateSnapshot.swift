import Domain

/// What the reconciler knows at one moment, for the facades: STATE_DB, metrics.
struct StateSnapshot: Sendable {
    var jobs: [JobReport] = []
    /// Rows of TELEGEN_JOB whose key is no job name, and why.
    var misnamed: [String: String] = [:]
}

/// A job's status with its counts.
struct JobReport: Sendable {
    var status: JobStatus
    var taps: [TapReport]
    var startedAt: UnixTime?
    var endedAt: UnixTime?
    var rate = Rate()

    var packets: UInt64 { taps.reduce(0) { $0 &+ $1.counters.packets } }
    var bytes: UInt64 { taps.reduce(0) { $0 &+ $1.counters.bytes } }
}

/// One direction's counts.
struct TapReport: Sendable {
    var direction: Direction
    var startedAt: UnixTime
    var counters: Counters
}

/// Packets and bits per second over the last status interval.
struct Rate: Hashable, Sendable {
    var packetsPerSecond: UInt64 = 0
    var bitsPerSecond: UInt64 = 0
}
