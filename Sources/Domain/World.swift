/// The desired state: what CONFIG_DB and the agent's own settings say.
public struct Desired: Hashable, Sendable {
    /// Every row of TELEGEN_JOB by its name; a row that is no job has the reason.
    public var jobs: [JobName: JobRow]
    /// Down: no job counts, all rows stay.
    public var adminState: AdminState
    /// How many jobs may be up and not ended at once.
    public var maxJobs: Int
    public var mirror: AgentMirror

    public init(
        jobs: [JobName: JobRow] = [:], adminState: AdminState = .up, maxJobs: Int = GlobalRow.defaultMaxJobs,
        mirror: AgentMirror
    ) {
        self.jobs = jobs
        self.adminState = adminState
        self.maxJobs = maxJobs
        self.mirror = mirror
    }
}

/// A row of TELEGEN_JOB, read.
public enum JobRow: Hashable, Sendable {
    case job(ParsedJob)
    /// One sentence: field, value, what is allowed.
    case rejected(reason: String)
}

/// The observed state: what the kernel and the agent's memory say.
public struct Observed: Hashable, Sendable {
    public var now: UnixTime
    /// Since when time stands still for `expires_at`, as while CONFIG_DB is being rebuilt; nil: it does not.
    public var frozenAt: UnixTime?
    /// Nil: programs can be loaded. Else why not, with the remedy.
    public var unavailable: String?
    public var ports: [NetdevName: Port]
    public var taps: [TapID: TapState]
    /// Taps that could not be attached, until they are tried again.
    public var failures: [TapID: Failure]
    /// Jobs that have a place among `max_jobs`.
    public var admitted: Set<JobName>
    /// Jobs whose `expires_at` has passed once, with the value that passed: latched whatever the clock does.
    public var expired: [JobName: UnixTime]

    public init(
        now: UnixTime, frozenAt: UnixTime? = nil, unavailable: String? = nil, ports: [NetdevName: Port] = [:],
        taps: [TapID: TapState] = [:],
        failures: [TapID: Failure] = [:], admitted: Set<JobName> = [], expired: [JobName: UnixTime] = [:]
    ) {
        self.now = now
        self.frozenAt = frozenAt
        self.unavailable = unavailable
        self.ports = ports
        self.taps = taps
        self.failures = failures
        self.admitted = admitted
        self.expired = expired
    }
}

/// An attempt that failed.
public struct Failure: Hashable, Sendable {
    /// The port that it was on: another port, or the same one made anew, is another attempt.
    public let port: Port
    /// What was to be measured: another wish is another attempt too.
    public let measurement: Measurement
    /// One sentence with the remedy.
    public let reason: String
    public let attempts: Int
    public let retryAt: UnixTime

    public init(
        port: Port, measurement: Measurement = .plain, reason: String, attempts: Int, retryAt: UnixTime
    ) {
        self.port = port
        self.measurement = measurement
        self.reason = reason
        self.attempts = attempts
        self.retryAt = retryAt
    }
}
