/// `oper_status` of a job.
public enum OperStatus: String, CaseIterable, Hashable, Sendable {
    case starting, running
    /// The port is absent: not a failure, starts by itself.
    case waiting
    /// Counts, but not all that was asked for works.
    case degraded
    case placeholder
    /// Tried again with back-off.
    case failed
    case disabled, expired
    /// A bad row or over the limit: waits for a change.
    case rejected

    /// Whether the job has stopped for good unless somebody changes its row.
    public var isEnded: Bool { self == .disabled || self == .expired || self == .rejected }
}

/// What STATE_DB says of a job beside its counters.
public struct JobStatus: Hashable, Sendable {
    public var name: JobName
    public var operStatus: OperStatus
    /// Empty exactly when `running`; else one sentence that names the cause and the remedy.
    public var reason: String
    public var warnings: [String]
    public var mode: EffectiveMode?
    /// The device that is watched, or the placeholder's name.
    public var interface: String?
    public var ifindex: UInt32?
    public var attachType: AttachType?
    public var job: ParsedJob?
    /// Those that are counted now; empty when none is to be.
    public var directions: [Direction] = []

    /// The status that a job has in this state of the world.
    public init(
        _ name: JobName, _ intent: Intent, _ desired: Desired, _ observed: Observed, _ mirrors: Mirrors = Mirrors()
    ) {
        self.name = name
        job = intent.job
        warnings = intent.job?.warnings ?? []
        switch intent {
        case .count(let job):
            (operStatus, reason) = (.starting, "")
            mode = job.spec.session(desired.mirror) == nil ? .port : job.spec.effectiveMode(desired.mirror)
            directions = job.spec.watchedDirections(desired.mirror)
            interface = job.spec.watchedPort(desired.mirror).text
            count(job, desired, observed, mirrors.shares[name])
        case .placeholder(_, let why):
            (operStatus, reason) = (.placeholder, why)
            mode = .placeholder
            interface = desired.mirror.name.text
        case .disabled(_, let why): (operStatus, reason) = (.disabled, why)
        case .expired(_, let at):
            operStatus = .expired
            reason = "expires_at \(at) has passed: set a later time, or none, to go on counting"
        case .rejected(_, let why): (operStatus, reason) = (.rejected, why)
        }
        if case .count = intent { return }
        for tap in Direction.allCases.map({ TapID(name, $0) }) where observed.taps[tap]?.attachment != nil {
            guard let failure = observed.failures[tap], failure.wish == .rest else { continue }
            reason += "; \(tap.direction.rawValue) still counts: \(failure.reason)"
        }
    }

    private mutating func count(_ job: ParsedJob, _ desired: Desired, _ observed: Observed, _ share: Mirrors.Share?) {
        let taps = job.spec.watchedDirections(desired.mirror).map { TapID(name, $0) }
        let (watched, session) = (job.spec.watchedPort(desired.mirror), job.spec.session(desired.mirror))
        guard let port = observed.ports[watched] else {
            operStatus = .waiting
            reason = "port \(watched): no such network device; counting starts by itself when it appears"
            return
        }
        let measurement = Measurement(job.spec, of: session, copyingTo: share?.ifindex)
        let attached = taps.compactMap { observed.taps[$0] }.filter { $0.attachment?.port == port }
        let failures = taps.compactMap { tap -> String? in
            let state = observed.taps[tap]
            guard state?.attachment?.port != port || state?.measurement != measurement,
                let failure = observed.failures[tap], [.stand(port, measurement), .rest].contains(failure.wish)
            else { return nil }
            return "\(tap.direction.rawValue): \(failure.reason)"
        }
        for tap in taps {
            guard let ahead = observed.taps[tap]?.programsAhead, ahead > 0 else { continue }
            warnings.append(
                "\(ahead == 1 ? "a program" : "\(ahead) programs") of others on \(port.name) \(tap.direction.rawValue) "
                    + "before ours: packets whose way ends there are not counted")
        }
        ifindex = port.ifindex
        attachType = attached.first?.attachment?.type
        var problems = failures
        if let session { warnings += job.spec.warnings(of: session, desired.mirror) }
        var isAsked = false
        if job.spec.effectiveMode(desired.mirror) == .asic {
            switch observed.hardware[name] {
            case .active: break
            case .inactive(let why): problems.append(why)
            case .refused(let why):
                (operStatus, reason) = (.failed, "no mirror in hardware: \(why)")
                return
            case .pending, nil: isAsked = true
            }
        }
        if let missing = job.spec.missingEnd(desired.mirror) { warnings.append(missing) }
        if case .refused(let why)? = share { problems.append("no copies are sent: \(why)") }
        if case .through(let device, let more)? = share {
            warnings += more
            if !attached.isEmpty, attached.allSatisfy({ $0.measurement?.copies == measurement.copies }) {
                (mode, interface) = (.erspan, device.name.text)
            }
        }
        if attached.isEmpty {
            operStatus = failures.isEmpty ? .starting : .failed
            reason = failures.isEmpty ? "being attached to \(port.name)" : failures.joined(separator: "; ")
        } else if attached.count == taps.count, problems.isEmpty, share == .pending {
            (operStatus, reason) = (.starting, "the tunnel for its copies is being made")
        } else if attached.count < taps.count || !problems.isEmpty {
            operStatus = problems.isEmpty ? .starting : .degraded
            reason = problems.isEmpty ? "being attached to \(port.name)" : problems.joined(separator: "; ")
        } else if isAsked {
            (operStatus, reason) = (
                .starting, observed.hardware[name]?.pending ?? "the switch is asked for the mirror"
            )
        } else if let share, share.ifindex != nil, mode != .erspan {
            (operStatus, reason) = (.starting, "copies are about to be sent")
        } else {
            operStatus = .running
        }
    }
}
