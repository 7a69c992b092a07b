/// What shall become of one job, from its row, the agent's settings, the clock and the limit.
public enum Intent: Hashable, Sendable {
    /// Count on its port whenever that exists.
    case count(ParsedJob)
    /// Do nothing privileged; why.
    case placeholder(ParsedJob, reason: String)
    case disabled(ParsedJob, reason: String)
    case expired(ParsedJob, at: UnixTime)
    /// A bad row, or one over the limit. The job is absent when the row is bad.
    case rejected(ParsedJob?, reason: String)

    /// The row's content, where it has one.
    public var job: ParsedJob? {
        switch self {
        case .count(let job), .placeholder(let job, _), .disabled(let job, _), .expired(let job, _): job
        case .rejected(let job, _): job
        }
    }

    /// Whether the job takes one of the `max_jobs` places.
    var takesPlace: Bool {
        switch self {
        case .count, .placeholder: true
        case .disabled, .expired, .rejected: false
        }
    }
}

extension Intent {
    /// The intent before the limit of jobs is looked at.
    static func unlimited(_ name: JobName, _ row: JobRow, _ desired: Desired, _ observed: Observed) -> Intent {
        let job: ParsedJob
        switch row {
        case .job(let parsed): job = parsed
        case .rejected(let reason): return .rejected(nil, reason: reason)
        }
        if let at = job.spec.expiresAt, at <= observed.frozenAt ?? observed.now || observed.expired[name] == at {
            return .expired(job, at: at)
        }
        if job.spec.adminState == .down {
            return .disabled(job, reason: "admin_state is down: set it to up to go on counting")
        }
        if desired.adminState == .down {
            return .disabled(job, reason: "admin_state of TELEGEN|global is down: set it to up to go on counting")
        }
        if job.spec.effectiveMode(desired.mirror) == .placeholder {
            return .placeholder(job, reason: "placeholder mode was asked for: nothing is counted")
        }
        if let reason = observed.unavailable {
            return .placeholder(job, reason: "nothing is counted: \(reason)")
        }
        return .count(job)
    }

    /// Every job's intent. Jobs that have a place keep it; the others are admitted in the order of their names.
    public static func all(_ desired: Desired, _ observed: Observed) -> [JobName: Intent] {
        var intents: [JobName: Intent] = [:]
        for (name, row) in desired.jobs { intents[name] = unlimited(name, row, desired, observed) }
        let candidates = intents.filter { $0.value.takesPlace }.keys
        var places = desired.maxJobs - candidates.count { observed.admitted.contains($0) }
        for name in candidates.filter({ !observed.admitted.contains($0) }).sorted() {
            if places > 0 {
                places -= 1
            } else {
                let reason =
                    "over the limit: max_jobs of TELEGEN|global is \(desired.maxJobs): raise it, or end another job"
                intents[name] = .rejected(intents[name]?.job, reason: reason)
            }
        }
        return intents
    }
}
