/// One step towards the desired state.
public enum Action: Hashable, Sendable {
    /// Take the program off the port; the counters stay for when the job goes on.
    case detach(TapID)
    /// Take the program off the port and give the slot back: the job's life has ended.
    case release(TapID)
    case attach(TapID, to: Port, measuring: Measurement)
    /// Put another program in the place of the tap's own, in one step: no packet passes between.
    case change(TapID, to: Measurement)
}

/// What is to be done, and what was decided of each job.
public struct Plan: Hashable, Sendable {
    /// In the order of execution: what frees comes before what takes.
    public var actions: [Action]
    public var mirrors: Mirrors
    public var intents: [JobName: Intent]
    /// Jobs that have a place among `max_jobs`.
    public var admitted: Set<JobName> { Set(intents.filter { $0.value.takesPlace }.keys) }
}

/// From what is desired and what is observed to what is to be done: a pure function. Done in full it leads to a state
/// for which it plans nothing more.
public enum Planner {
    public static func plan(_ desired: Desired, _ observed: Observed) -> Plan {
        let intents = Intent.all(desired, observed)
        let mirrors = Mirrors(intents, desired, observed)
        var freeing: [Action] = []
        var taking: [Action] = []
        for (tap, state) in observed.taps {
            if let action = freed(tap, state, intents[tap.job], desired.mirror, observed),
                !observed.waits(tap, for: .rest)
            {
                freeing.append(action)
            }
        }
        for (name, intent) in intents {
            guard case .count(let job) = intent,
                let port = observed.ports[job.spec.watchedPort(desired.mirror)],
                observed.mayArrive(job.spec, name, desired.mirror)
            else { continue }
            for direction in job.spec.watchedDirections(desired.mirror) {
                let tap = TapID(name, direction)
                let measurement = Measurement(
                    job.spec, of: job.spec.session(desired.mirror), copyingTo: mirrors.shares[name]?.ifindex)
                // Who cannot be taken off one port cannot be put on another.
                guard let action = taken(tap, observed.taps[tap], port, measurement, mirrors.shares[name]),
                    !observed.waits(tap, for: .stand(port, measurement)), !observed.waits(tap, for: .rest)
                else { continue }
                taking.append(action)
            }
        }
        let actions = freeing.sorted { $0.tap < $1.tap } + taking.sorted { $0.tap < $1.tap }
        return Plan(actions: actions, mirrors: mirrors, intents: intents)
    }

    /// What happens to a slot that is in use: nothing when it counts where it shall, or rests.
    private static func freed(
        _ tap: TapID, _ state: TapState, _ intent: Intent?, _ agent: AgentMirror, _ observed: Observed
    ) -> Action? {
        guard let intent else { return .release(tap) }
        guard let attachment = state.attachment else { return nil }
        if case .count(let job) = intent, job.spec.watchedDirections(agent).contains(tap.direction),
            observed.ports[job.spec.watchedPort(agent)] == attachment.port, observed.mayArrive(job.spec, tap.job, agent)
        {
            return nil
        }
        return .detach(tap)
    }

    /// What a tap that shall count needs: nothing when it stands on its port and measures what it shall, nor when its
    /// copies are about to have their tunnel again.
    private static func taken(
        _ tap: TapID, _ state: TapState?, _ port: Port, _ measurement: Measurement, _ share: Mirrors.Share?
    ) -> Action? {
        guard let state, state.attachment?.port == port else { return .attach(tap, to: port, measuring: measurement) }
        if share == .pending, state.measurement.map({ $0.copies != nil }) ?? true { return nil }
        return state.measurement == measurement ? nil : .change(tap, to: measurement)
    }

    /// When the next job expires, by the wall clock; nil when time stands still for jobs.
    public static func nextExpiry(_ intents: [JobName: Intent], _ observed: Observed) -> UnixTime? {
        guard observed.frozenAt == nil else { return nil }
        return intents.values.filter(\.takesPlace).compactMap { $0.job?.spec.expiresAt }.min()
    }

    /// When what failed is tried again next, by `Observed.uptime`.
    public static func nextRetry(_ observed: Observed) -> Duration? {
        let all = observed.failures.values.map(\.retryAt) + observed.tunnelFailures.values.map(\.retryAt)
        return all.filter { $0 > observed.uptime }.min()
    }
}

extension Observed {
    /// False for a job to which nothing can come, or what is another's: its mirror was refused.
    fileprivate func mayArrive(_ spec: JobSpec, _ job: JobName, _ agent: AgentMirror) -> Bool {
        guard spec.effectiveMode(agent) == .asic, case .refused? = hardware[job] else { return true }
        return false
    }

    /// Whether that has failed, and is not yet to be tried again.
    fileprivate func waits(_ tap: TapID, for wish: Failure.Wish) -> Bool {
        failures[tap].map { $0.wish == wish && $0.retryAt > uptime } ?? false
    }
}

extension Action {
    public var tap: TapID {
        switch self {
        case .detach(let tap), .release(let tap), .attach(let tap, _, _), .change(let tap, _): tap
        }
    }
}

extension [Action] {
    /// In the order in which they are performed when news may break that off: what frees and who starts before changes of
    /// what runs; and in turns with these what an earlier plan came not to, so that neither waits for the end of the other.
    public func inTurns(with overdue: Set<TapID>) -> [Action] {
        var (starts, changes, late): ([Action], [Action], [Action]) = ([], [], [])
        for action in self {
            if overdue.contains(action.tap) {
                late.append(action)
            } else if case .change = action {
                changes.append(action)
            } else {
                starts.append(action)
            }
        }
        let fresh = starts + changes
        return (0..<Swift.max(fresh.count, late.count)).flatMap { index in
            fresh[Swift.min(index, fresh.count)...].prefix(1) + late[Swift.min(index, late.count)...].prefix(1)
        }
    }
}

extension TapID: Comparable {
    public static func < (a: TapID, b: TapID) -> Bool {
        (a.job, a.direction == .ingress ? 0 : 1) < (b.job, b.direction == .ingress ? 0 : 1)
    }
}
