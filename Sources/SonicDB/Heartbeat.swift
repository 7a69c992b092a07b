/// Tells when to ask a silent peer for a sign of life, and when to give it up. Time comes from outside.
struct Heartbeat {
    enum Action { case none, ping, giveUp }

    private let interval: Duration
    private let timeout: Duration
    private var lastHeard: Instant
    private var pingedAt: Instant?

    init(interval: Duration, timeout: Duration, now: Instant) {
        self.interval = interval
        self.timeout = timeout
        lastHeard = now
    }

    /// When to look again at the latest.
    var deadline: Instant { pingedAt.map { $0 + timeout } ?? lastHeard + interval }

    mutating func heard(at now: Instant) {
        lastHeard = now
        pingedAt = nil
    }

    /// What to do now; `.ping` is told once per silence.
    mutating func check(at now: Instant) -> Action {
        guard now >= deadline else { return .none }
        guard pingedAt == nil else { return .giveUp }
        pingedAt = now
        return .ping
    }
}
