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
    /// The wall clock, by which jobs expire. It can be set at any moment.
    public var now: UnixTime
    /// A clock that cannot be set, by which what failed is tried again; from any beginning.
    public var uptime: Duration
    /// Since when time stands still for `expires_at`, as while CONFIG_DB is being rebuilt; nil: it does not.
    public var frozenAt: UnixTime?
    /// Nil: programs can be loaded. Else why not, with the remedy.
    public var unavailable: String?
    public var ports: [NetdevName: Port]
    public var taps: [TapID: TapState]
    /// Taps that could not be attached, until they are tried again.
    public var failures: [TapID: Failure]
    /// Devices of kind `erspan`, ours and others'.
    public var tunnels: [TunnelDevice] = []
    /// The ways of copies, by where they come from and go to.
    public var routes: [Tunnel.Ends: Route] = [:]
    /// Tunnels that could not be made.
    public var tunnelFailures: [Tunnel: TunnelFailure] = [:]
    /// What became of the sessions that jobs ask the hardware for.
    public var hardware: [JobName: HardwareMirrors.State] = [:]
    /// Jobs that have a place among `max_jobs`.
    public var admitted: Set<JobName>
    /// Jobs whose `expires_at` has passed once, with the value that passed: latched whatever the clock does.
    public var expired: [JobName: UnixTime]

    public init(
        now: UnixTime, uptime: Duration = .zero, frozenAt: UnixTime? = nil, unavailable: String? = nil,
        ports: [NetdevName: Port] = [:],
        taps: [TapID: TapState] = [:],
        failures: [TapID: Failure] = [:], admitted: Set<JobName> = [], expired: [JobName: UnixTime] = [:]
    ) {
        self.now = now
        self.uptime = uptime
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
    /// Another wish, as for another port or the same one made anew, is another attempt.
    public let wish: Wish
    /// One sentence with the remedy.
    public let reason: String
    public let attempts: Int
    /// By `Observed.uptime`.
    public let retryAt: Duration

    /// What shall become of a tap.
    public enum Wish: Hashable, Sendable {
        /// It shall stand there and measure this.
        case stand(Port, Measurement)
        /// It shall stand nowhere.
        case rest
    }

    public init(_ wish: Wish, reason: String, attempts: Int, retryAt: Duration) {
        self.wish = wish
        self.reason = reason
        self.attempts = attempts
        self.retryAt = retryAt
    }
}

/// A tunnel that could not be made as it shall be.
public struct TunnelFailure: Hashable, Sendable {
    /// One sentence with the remedy.
    public let reason: String
    public let attempts: Int
    /// By `Observed.uptime`.
    public let retryAt: Duration

    public init(reason: String, attempts: Int, retryAt: Duration) {
        (self.reason, self.attempts, self.retryAt) = (reason, attempts, retryAt)
    }
}
