/// Which rows of `MIRROR_SESSION` there shall be, and what became of each job's. Pure, but for what it remembers of the
/// switch.
///
/// SONiC takes a session as it is written first: a change of the row is ignored, and so is a row that it does not like,
/// without a word (orchagent's mirrororch). So a change is a deletion, a wait until STATE_DB has no such session, and a
/// new row; and of one that does not come to STATE_DB nobody can say whether it was refused or the switch is not up: it
/// stays, and is written anew now and then.
public struct HardwareMirrors: Hashable, Sendable {
    /// Of every job that asks for a session.
    public private(set) var states: [JobName: State] = [:]
    /// When to look again if nothing happens; by the same clock as `uptime`.
    public private(set) var lookAgainAt: Duration?

    private var silences: [MirrorSession: Silence] = [:]
    /// When a row that was otherwise than this was removed last.
    private var corrections: [MirrorSession: Duration] = [:]
    /// Sessions that the switch has had.
    private var taken: Set<MirrorSession> = []
    /// Since when the switch has sessions of ours that are not in CONFIG_DB.
    private var leftovers: [String: Duration] = [:]
    /// When a session was taken off because its copies left through the port that it mirrors.
    private var loops: [MirrorSession: Duration] = [:]
    /// Rows as they were when CONFIG_DB had them last, of which STATE_DB still has the session.
    private var leaving: [String: [String: String]] = [:]

    public enum State: Hashable, Sendable {
        /// What it waits for.
        case pending(String)
        case active
        /// The switch has taken it, and sends nothing, or none is there; one sentence with the remedy.
        case inactive(reason: String)
        /// Nothing can arrive for the job, or what arrives is another's; likewise.
        case refused(reason: String)
    }

    public enum Action: Hashable, Sendable {
        case set(MirrorSession)
        case delete(name: String)
        /// Writes a row and deletes it, for the switch to hear of it.
        case clear(name: String)
    }

    /// What the databases hold.
    public struct Observed: Sendable {
        /// Rows of `MIRROR_SESSION` by name.
        public var sessions: [String: [String: String]]
        /// `status` of the rows of `MIRROR_SESSION_TABLE` by name; empty when they have none.
        public var statuses: [String: String]
        /// `monitor_port` of these rows, through which the copies leave; without those that have none.
        public var ways: [String: String]
        public var uptime: Duration

        public init(
            sessions: [String: [String: String]], statuses: [String: String], ways: [String: String] = [:],
            uptime: Duration
        ) {
            (self.sessions, self.statuses, self.ways, self.uptime) = (sessions, statuses, ways, uptime)
        }
    }

    /// Of the switch, about a session that is in CONFIG_DB.
    private struct Silence: Hashable {
        let since: Duration
        var attempts = 0
        /// When it is written anew; nil: the switch may still be at it.
        var retryAt: Duration?
    }

    /// How long the switch may take to bring a session to STATE_DB.
    static let patience = Duration.seconds(10)
    /// Between two corrections of a row that somebody else writes too.
    static let correctionPause = Duration.seconds(10)
    /// How long a way that led back into the mirror is left to change.
    static let loopPause = Duration.seconds(600)

    public init() {}

    /// What is to be done now.
    public mutating func plan(_ wishes: [JobName: MirrorWish], _ observed: Observed) -> [Action] {
        var actions: [Action] = []
        (states, lookAgainAt) = ([:], nil)
        let wanted = Set(wishes.values.compactMap { if case .session(let session, _) = $0 { session } else { nil } })
        let names = Set(wanted.map(\.name))
        silences = silences.filter { wanted.contains($0.key) }
        loops = loops.filter { wanted.contains($0.key) }
        corrections = corrections.filter { wanted.contains($0.key) }
        taken.formIntersection(wanted)
        actions += clear(observed)
        leaving = leaving.merging(observed.sessions) { $1 }.filter { observed.statuses[$0.key] != nil }
        for name in observed.sessions.keys.sorted() where MirrorSession.isOwn(name) && !names.contains(name) {
            actions.append(.delete(name: name))
        }
        // What goes is in the way until the switch has let it go.
        var claims = leaving.merging(observed.sessions) { $1 }
        for (job, wish) in wishes.sorted(by: { $0.key < $1.key }) {
            switch wish {
            case .impossible(let reason): states[job] = .refused(reason: reason)
            case .session(let session, let alike):
                let (state, action) = follow(session, alike.union([session.port]), claims, names, observed)
                states[job] = state
                if let action { actions.append(action) }
                if case .set = action { claims[session.name] = session.fields }
            }
        }
        return actions
    }

    private mutating func follow(
        _ session: MirrorSession, _ ports: Set<NetdevName>, _ claims: [String: [String: String]],
        _ names: Set<String>, _ observed: Observed
    ) -> (State, Action?) {
        let (now, status) = (observed.uptime, observed.statuses[session.name])
        guard let row = observed.sessions[session.name] else {
            if status != nil { return (.pending("the switch is still taking the earlier session off"), nil) }
            if let end = loops[session].map({ $0 + Self.loopPause }), now < end {
                wake(at: end)
                return (Self.loop(session), nil)
            }
            if let rival = Self.rival(of: session, ports, claims) {
                // Its row has gone, or goes now.
                guard observed.sessions[rival.name] != nil,
                    !MirrorSession.isOwn(rival.name) || names.contains(rival.name)
                else { return (.pending("MIRROR_SESSION|\(rival.name) is still being taken off the switch"), nil) }
                return (.refused(reason: rival.reason), nil)
            }
            wake(at: now + Self.patience)
            silences[session] = Silence(since: now, attempts: silences[session]?.attempts ?? 0)
            return (.pending("the switch is asked for the mirror"), .set(session))
        }
        guard row == session.fields else {
            if let last = corrections[session], now - last < Self.correctionPause {
                wake(at: last + Self.correctionPause)
                return (
                    .pending("somebody else writes MIRROR_SESSION|\(session.name) too: it is put right again soon"), nil
                )
            }
            corrections[session] = now
            return (.pending("the earlier session is taken off the switch"), .delete(name: session.name))
        }
        guard let status else { return silence(of: session, now) }
        silences[session] = nil
        taken.insert(session)
        if session.direction != .ingress, let way = observed.ways[session.name],
            ports.contains(where: { $0.text == way })
        {
            loops[session] = now
            return (Self.loop(session), .delete(name: session.name))
        }
        if status == "active" { return (.active, nil) }
        let reason =
            "MIRROR_SESSION|\(session.name) is \(status.isEmpty ? "without a status" : status): the switch needs a route "
            + "to \(session.fields["dst_ip"] ?? "") and its neighbour's address"
        return (.inactive(reason: reason), nil)
    }

    private mutating func silence(of session: MirrorSession, _ now: Duration) -> (State, Action?) {
        var silence = silences[session] ?? Silence(since: now)
        defer { silences[session] = silence }
        guard now - silence.since >= Self.patience else {
            wake(at: silence.since + Self.patience)
            return (.pending("the switch is asked for the mirror"), nil)
        }
        if let retryAt = silence.retryAt, retryAt <= now {
            // A row that was ignored is not looked at again. What comes of the new one is seen at once.
            (silence.attempts, silence.retryAt) = (silence.attempts + 1, now + Self.pause(silence.attempts + 1))
            wake(at: silence.retryAt!)
            return (refusal(session), .delete(name: session.name))
        }
        silence.retryAt = silence.retryAt ?? now + Self.pause(silence.attempts)
        wake(at: silence.retryAt!)
        return (refusal(session), nil)
    }

    /// What the switch has although CONFIG_DB has it no more: a CONFIG_DB that was flushed tells nobody of its rows
    /// (`FLUSHDB` has no keyspace events), so the switch mirrors on. It hears of a row that is written and deleted.
    private mutating func clear(_ observed: Observed) -> [Action] {
        let lost = observed.statuses.keys.filter { MirrorSession.isOwn($0) && observed.sessions[$0] == nil }
        leftovers = leftovers.filter { lost.contains($0.key) }
        var actions: [Action] = []
        for name in lost.sorted() {
            guard let since = leftovers[name] else {
                leftovers[name] = observed.uptime
                wake(at: observed.uptime + Self.patience)
                continue
            }
            if observed.uptime - since >= Self.patience {
                actions.append(.clear(name: name))
                leftovers[name] = observed.uptime
            }
            wake(at: leftovers[name]! + Self.patience)
        }
        return actions
    }

    private static func pause(_ attempts: Int) -> Duration { .seconds(min(600, 60 << min(attempts, 4))) }

    private mutating func wake(at time: Duration) { lookAgainAt = min(lookAgainAt ?? time, time) }

    private func refusal(_ session: MirrorSession) -> State {
        guard !taken.contains(session) else {
            return .inactive(
                reason:
                    "the switch had MIRROR_SESSION|\(session.name), and STATE_DB has it no more: look whether swss is up; "
                    + "written anew now and then")
        }
        return .refused(
            reason:
                "the switch has not taken MIRROR_SESSION|\(session.name): look whether swss is up and what its log says "
                + "(an unknown port, no session left, mirroring of that direction unsupported); written anew now and then"
        )
    }

    private static func loop(_ session: MirrorSession) -> State {
        .refused(
            reason:
                "the switch sends copies to \(session.fields["dst_ip"] ?? "") through \(session.port), whose egress they "
                + "would be copies of: watch its ingress alone, or route them by another port; looked at again after ten "
                + "minutes, or when the row changes")
    }

    /// Who has the port in such a direction, or copies that could not be told from the session's, and what to do.
    private static func rival(
        of session: MirrorSession, _ ports: Set<NetdevName>, _ claims: [String: [String: String]]
    ) -> (name: String, reason: String)? {
        for name in claims.keys.sorted() where name != session.name {
            guard let row = claims[name] else { continue }
            if let sources = row["src_port"]?.split(separator: ","),
                let direction = WatchedDirection(words: row["direction"]), direction.overlaps(session.direction),
                let taken = ports.sorted().first(where: { port in sources.contains { $0 == port.text } })
            {
                let what = taken == session.port ? "\(taken)" : "\(taken), which is stacked with \(session.port),"
                return (
                    name,
                    "\(what) is mirrored by MIRROR_SESSION|\(name) already, and the switch takes one for a port and "
                        + "direction: remove that, or watch another direction"
                )
            }
            if ["src_ip", "dst_ip"].allSatisfy({ row[$0] == session.fields[$0] }),
                Self.greType(row) == Self.greType(session.fields)
            {
                return (
                    name,
                    "its copies could not be told from those of MIRROR_SESSION|\(name), which go the same way: give the job "
                        + "another erspan_local, or another gre_type"
                )
            }
        }
        return nil
    }
}

extension HardwareMirrors {
    /// As SONiC reads it: hexadecimal or decimal, 0x88be when it is not given.
    private static func greType(_ row: [String: String]) -> UInt16? {
        guard let text = row["gre_type"]?.lowercased() else { return 0x88be }
        return text.hasPrefix("0x") ? UInt16(text.dropFirst(2), radix: 16) : UInt16(text)
    }
}

extension HardwareMirrors.State {
    var pending: String? {
        if case .pending(let what) = self { what } else { nil }
    }
}
