/// Which rows of `MIRROR_SESSION` there shall be, and what became of each job's. Pure, but for what it remembers of the
/// switch's silence.
///
/// SONiC takes a session as it is written first: a change of the row is ignored, and so is a row that it does not like,
/// without a word (orchagent's mirrororch). So a change is a deletion, a wait until STATE_DB has no such session, and a
/// new row; and who has not come to STATE_DB after some seconds is refused.
public struct HardwareMirrors: Hashable, Sendable {
    /// Of every job that asks for a session.
    public private(set) var states: [JobName: State] = [:]
    /// When to look again if nothing happens; by the same clock as `uptime`.
    public private(set) var lookAgainAt: Duration?

    /// Since when a session has been in CONFIG_DB and not in STATE_DB.
    private var waiting: [MirrorSession: Duration] = [:]
    private var refusals: [MirrorSession: Refusal] = [:]

    public enum State: Hashable, Sendable {
        /// What it waits for.
        case pending(String)
        case active
        /// The switch has taken it, and sends nothing, or none is there; one sentence with the remedy.
        case inactive(reason: String)
        case refused(reason: String)

        var pending: String? {
            if case .pending(let what) = self { what } else { nil }
        }
    }

    public enum Action: Hashable, Sendable {
        case set(MirrorSession)
        case delete(name: String)
    }

    /// What the databases hold.
    public struct Observed: Sendable {
        /// Rows of `MIRROR_SESSION` by name.
        public var sessions: [String: [String: String]]
        /// `status` of the rows of `MIRROR_SESSION_TABLE` by name; empty when they have none.
        public var statuses: [String: String]
        public var uptime: Duration

        public init(sessions: [String: [String: String]], statuses: [String: String], uptime: Duration) {
            (self.sessions, self.statuses, self.uptime) = (sessions, statuses, uptime)
        }
    }

    private struct Refusal: Hashable {
        let attempts: Int
        let retryAt: Duration
    }

    /// How long the switch may take to bring a session to STATE_DB.
    static let patience = Duration.seconds(10)

    public init() {}

    /// What is to be done now.
    public mutating func plan(_ wishes: [JobName: MirrorWish], _ observed: Observed) -> [Action] {
        var actions: [Action] = []
        (states, lookAgainAt) = ([:], nil)
        let wanted = Set(wishes.values.compactMap { if case .session(let session) = $0 { session } else { nil } })
        waiting = waiting.filter { wanted.contains($0.key) }
        refusals = refusals.filter { wanted.contains($0.key) }
        let names = Set(wanted.map(\.name))
        for name in observed.sessions.keys.sorted() where MirrorSession.isOwn(name) && !names.contains(name) {
            actions.append(.delete(name: name))
        }
        var claimed = observed.sessions.filter { !MirrorSession.isOwn($0.key) || names.contains($0.key) }
        for (job, wish) in wishes.sorted(by: { $0.key < $1.key }) {
            switch wish {
            case .impossible(let reason): states[job] = .refused(reason: reason)
            case .session(let session):
                let (state, action) = follow(session, claimed, observed)
                states[job] = state
                if let action { actions.append(action) }
                if case .set = action { claimed[session.name] = session.fields }
            }
        }
        return actions
    }

    private mutating func follow(
        _ session: MirrorSession, _ claimed: [String: [String: String]], _ observed: Observed
    ) -> (State, Action?) {
        let (now, status) = (observed.uptime, observed.statuses[session.name])
        guard let row = observed.sessions[session.name] else {
            waiting[session] = nil
            if status != nil { return (.pending("the switch is still taking the earlier session off"), nil) }
            if let rival = Self.rival(of: session, claimed) {
                return (
                    .refused(
                        reason:
                            "\(session.port) is mirrored by MIRROR_SESSION|\(rival) already, and the switch takes one "
                            + "for a port and direction: remove that, or watch another direction"), nil
                )
            }
            if let refusal = refusals[session], refusal.retryAt > now {
                wake(at: refusal.retryAt)
                return (Self.silence(session), nil)
            }
            wake(at: now + Self.patience)
            return (.pending("the switch is asked for the mirror"), .set(session))
        }
        guard row == session.fields else {
            return (.pending("the earlier session is taken off the switch"), .delete(name: session.name))
        }
        guard let status else {
            let since = waiting[session] ?? now
            waiting[session] = since
            guard now - since >= Self.patience else {
                wake(at: since + Self.patience)
                return (.pending("the switch is asked for the mirror"), nil)
            }
            // It would lie there for ever: a row that was ignored is not looked at again.
            let attempts = (refusals[session]?.attempts ?? 0) + 1
            let pause = Duration.seconds(min(600, 30 << min(attempts - 1, 5)))
            refusals[session] = Refusal(attempts: attempts, retryAt: now + pause)
            wake(at: now + pause)
            return (Self.silence(session), .delete(name: session.name))
        }
        (waiting[session], refusals[session]) = (nil, nil)
        if status == "active" { return (.active, nil) }
        let reason =
            "MIRROR_SESSION|\(session.name) is \(status.isEmpty ? "without a status" : status): the switch needs a route "
            + "to \(session.fields["dst_ip"] ?? "") and its neighbour's address"
        return (.inactive(reason: reason), nil)
    }

    private mutating func wake(at time: Duration) { lookAgainAt = min(lookAgainAt ?? time, time) }

    private static func silence(_ session: MirrorSession) -> State {
        .refused(
            reason: "the switch has not taken MIRROR_SESSION|\(session.name): swss's log says why (an unknown port, no "
                + "session left, mirroring of that direction unsupported); tried again by itself")
    }

    /// Who mirrors the port in such a direction.
    private static func rival(of session: MirrorSession, _ sessions: [String: [String: String]]) -> String? {
        sessions.keys.sorted().first { name in
            guard name != session.name, let row = sessions[name], let ports = row["src_port"],
                let direction = WatchedDirection(words: row["direction"])
            else { return false }
            return ports.split(separator: ",").contains { $0 == session.port.text }
                && direction.overlaps(session.direction)
        }
    }
}
