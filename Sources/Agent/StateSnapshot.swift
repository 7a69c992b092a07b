import Domain

/// What the reconciler knows at one moment, for the facades: STATE_DB, metrics.
struct StateSnapshot: Sendable {
    var jobs: [JobReport] = []
    /// Rows of TELEGEN_JOB whose key is no job name, and why.
    var misnamed: [String: String] = [:]
    /// Snapshots that are taken later have greater ones.
    var number: UInt64 = 0
}

/// A job's status with its counts.
struct JobReport: Sendable {
    var status: JobStatus
    var taps: [TapReport]
    var startedAt: UnixTime?
    var endedAt: UnixTime?
    var rate = Rate()
    /// In force; nil: nothing counts now, and the row's is what will be.
    var sampleRate: UInt32?
    /// Nil: not measured yet.
    var cost: JobCost?

    /// In force, or what will be.
    var effectiveSampleRate: UInt32? { sampleRate ?? status.job?.spec.sampleRate }

    var packets: UInt64 { taps.reduce(0) { $0 &+ $1.counters.packets } }
    var bytes: UInt64 { taps.reduce(0) { $0 &+ $1.counters.bytes } }

    /// The flows that are reported: the job's `top_flows` of highest score over both directions, ranked.
    var topFlows: [DirectedFlow] {
        let all = taps.flatMap { tap in (tap.flows ?? []).map { DirectedFlow(direction: tap.direction, flow: $0) } }
        return Array(all.sorted { $0.flow.ranks(before: $1.flow) }.prefix(status.job?.spec.topFlows ?? 0))
    }
}

/// One direction's counts. What the job's `detail` does not ask for is nil.
struct TapReport: Sendable {
    var direction: Direction
    var startedAt: UnixTime
    /// Read after the flows, so that these are never more than everything.
    var counters: Counters
    var qos: QoSCounters?
    /// At least the job's `top_flows` of highest score, where there are as many.
    var flows: [FlowReport]?
    var bursts: BurstReport?
    var copies: CopyCounters?
    var arrivals: ArrivalCounters?
}

/// A flow where it was seen.
struct DirectedFlow: Sendable {
    var direction: Direction
    var flow: FlowReport
}

/// Packets and bits per second over the last status interval.
struct Rate: Hashable, Sendable {
    var packetsPerSecond: UInt64 = 0
    var bitsPerSecond: UInt64 = 0
}
