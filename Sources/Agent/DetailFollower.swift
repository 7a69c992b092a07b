import Dataplane
import Domain

/// Follows what the details of the taps measure, from one reading to the next.
struct DetailFollower {
    /// A tap's details as they were read last.
    struct Reading: Sendable {
        var qos: QoSCounters?
        var flows: [FlowReport]?
        var bursts: BurstReport?
    }

    private(set) var readings: [TapID: Reading] = [:]
    private var flows: [TapID: FlowTracker] = [:]
    private var bursts: [TapID: BurstTracker] = [:]

    /// Reads everything that `jobs` ask for. To be called once in a status interval: flows age by it.
    mutating func read(_ dataplane: Dataplane, _ jobs: [JobName: JobRow], now: UnixTime) throws {
        let taps = dataplane.taps
        var wanted: [TapID: Reading] = [:]
        for (tap, state) in taps {
            guard case .job(let job)? = jobs[tap.job], !job.spec.detail.isEmpty else { continue }
            let details = try dataplane.details(of: tap)
            var reading = Reading()
            if job.spec.detail.contains(.qos) { reading.qos = details.qos }
            if job.spec.detail.contains(.flows), let table = details.flows {
                reading.flows = follow(table, of: tap, state, top: job.spec.topFlows, now)
            }
            if job.spec.detail.contains(.bursts), let read = details.bursts {
                reading.bursts = try follow(read, of: tap, state, dataplane, now)
            }
            wanted[tap] = reading
        }
        readings = wanted
        flows = flows.filter { wanted[$0.key]?.flows != nil }
        bursts = bursts.filter { wanted[$0.key]?.bursts != nil }
    }

    /// Reads the bursts alone: the kernel keeps but a few seconds of windows.
    mutating func readBursts(_ dataplane: Dataplane, now: UnixTime) throws {
        let taps = dataplane.taps
        for (tap, read) in try dataplane.bursts() {
            guard let state = taps[tap] else { continue }
            readings[tap, default: Reading()].bursts = try follow(read, of: tap, state, dataplane, now)
        }
    }

    private mutating func follow(
        _ table: FlowTable, of tap: TapID, _ state: TapState, top: Int, _ now: UnixTime
    ) -> [FlowReport] {
        var tracker = flows[tap] ?? FlowTracker()
        tracker.update(table, now: now)
        flows[tap] = tracker
        return tracker.top(top)
    }

    private mutating func follow(
        _ read: Details.Bursts, of tap: TapID, _ state: TapState, _ dataplane: Dataplane, _ now: UnixTime
    ) throws -> BurstReport {
        var tracker =
            bursts[tap]
            ?? BurstTracker(
                resolution: BurstClock.resolution, startedAt: state.startedAt, counters: read.counters)
        let speed = state.attachment.flatMap { dataplane.speed(of: $0.port) }
        tracker.update(read.windows, speed: speed, now: now)
        bursts[tap] = tracker
        if tracker.report.counters != read.counters { try dataplane.write(tracker.report.counters, of: tap) }
        return tracker.report
    }
}
