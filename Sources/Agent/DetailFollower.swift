import Dataplane
import Domain

/// Follows what the details of the taps measure, from one reading to the next.
struct DetailFollower {
    /// A tap's details as they were read last.
    struct Reading: Sendable {
        var qos: QoSCounters?
        var flows: [FlowReport]?
        var bursts: BurstReport?
        var copies: CopyCounters?
        var arrivals: ArrivalCounters?
    }

    private var readings: [TapID: Reading] = [:]
    private var flows: [TapID: Flows] = [:]
    private var bursts: [TapID: BurstTracker] = [:]
    /// When the life began that a tap's things here are of.
    private var lives: [TapID: UnixTime] = [:]

    /// The flows of one table: another one has been made at another time.
    private struct Flows {
        let madeAt: UnixTime?
        var tracker: FlowTracker
    }

    /// Nil when there is none of this life of the tap.
    func reading(of tap: TapID, _ state: TapState) -> Reading? {
        lives[tap] == state.startedAt ? readings[tap] : nil
    }

    /// Reads everything that jobs ask for; what of one tap cannot be read keeps nobody else's from it. To be called
    /// once in a status interval: flows age by it.
    mutating func read(_ dataplane: Dataplane, _ desired: Desired, now: UnixTime) throws {
        let taps = dataplane.taps
        var wanted: Set<TapID> = []
        var failure: (any Error)?
        for (tap, state) in taps {
            guard case .job(let job)? = desired.jobs[tap.job] else { continue }
            let isCopying = job.spec.effectiveMode(desired.mirror) == .erspan
            let isSink = job.spec.session(desired.mirror) != nil
            guard isCopying || isSink || !job.spec.detail.isEmpty else { continue }
            wanted.insert(tap)
            beginLife(of: tap, state)
            do {
                readings[tap] = try read(tap, state, job.spec, dataplane, now)
                if isCopying { readings[tap]?.copies = try dataplane.copies(of: tap) }
                if isSink { readings[tap]?.arrivals = try dataplane.arrivals(of: tap) }
            } catch {
                failure = failure ?? error
            }
        }
        for tap in lives.keys where !wanted.contains(tap) { forget(tap) }
        if let failure { throw failure }
    }

    /// Reads the bursts alone: the kernel keeps but a few seconds of windows.
    mutating func readBursts(_ dataplane: Dataplane, now: UnixTime) throws {
        let taps = dataplane.taps
        for (tap, read) in try dataplane.bursts() {
            guard let state = taps[tap] else { continue }
            beginLife(of: tap, state)
            readings[tap, default: Reading()].bursts = try follow(read, of: tap, state, dataplane, now)
        }
    }

    /// A job that was deleted and written again has taps of the same name, which have counted nothing yet.
    private mutating func beginLife(of tap: TapID, _ state: TapState) {
        guard lives[tap] != state.startedAt else { return }
        forget(tap)
        lives[tap] = state.startedAt
    }

    private mutating func forget(_ tap: TapID) {
        (lives[tap], readings[tap], flows[tap], bursts[tap]) = (nil, nil, nil, nil)
    }

    private mutating func read(
        _ tap: TapID, _ state: TapState, _ spec: JobSpec, _ dataplane: Dataplane, _ now: UnixTime
    ) throws -> Reading {
        let details = try dataplane.details(of: tap, spec.detail)
        var reading = Reading()
        reading.qos = details.qos
        if let table = details.flows {
            if flows[tap] == nil || flows[tap]?.madeAt != details.flowsMadeAt {
                flows[tap] = Flows(madeAt: details.flowsMadeAt, tracker: FlowTracker(madeAt: details.flowsMadeAt))
            }
            flows[tap]?.tracker.update(table, now: now)
            reading.flows = flows[tap]?.tracker.top(spec.topFlows)
        } else {
            flows[tap] = nil
        }
        if let read = details.bursts {
            reading.bursts = try follow(read, of: tap, state, dataplane, now)
        } else {
            bursts[tap] = nil
        }
        return reading
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
