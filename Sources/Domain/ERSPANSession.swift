/// The copies of one ERSPAN session, by which a device's packets are told apart: what is inside is measured.
public struct ERSPANSession: Hashable, Sendable {
    /// Session id of types II and III, 0...1023. Type I has none.
    public var key: UInt16
    /// Who sends them; nil: anybody.
    public var remote: IPv4Address?
    /// Where they are sent to; nil: anywhere.
    public var local: IPv4Address?
    /// GRE protocol of type I.
    public var greType: UInt16

    public init(key: UInt16, remote: IPv4Address? = nil, local: IPv4Address? = nil, greType: UInt16 = 0x88be) {
        (self.key, self.remote, self.local, self.greType) = (key, remote, local, greType)
    }
}

/// What became of a mirror whose copies arrive, in copies; monotonic.
public struct ArrivalCounters: Hashable, Sendable {
    /// Sequence numbers that a sender has used and that did not come.
    public var lost: UInt64
    /// Came after all, and were counted as lost before; or came twice.
    public var late: UInt64
    /// Cut by the sender, by its own word.
    public var truncated: UInt64
    /// Not looked into: cut in pieces on the way, or no Ethernet frame.
    public var unparsed: UInt64

    public init(lost: UInt64 = 0, late: UInt64 = 0, truncated: UInt64 = 0, unparsed: UInt64 = 0) {
        (self.lost, self.late, self.truncated, self.unparsed) = (lost, late, truncated, unparsed)
    }
}

extension JobSpec {
    /// The copies that the job looks into; nil: it counts what passes its port.
    public func session(_ agent: AgentMirror) -> ERSPANSession? {
        switch effectiveMode(agent) {
        case .erspanSink, .asic:
            ERSPANSession(
                key: erspan.key ?? agent.key, remote: remote(agent), local: local(agent), greType: erspan.greType)
        case .port, .erspan, .placeholder: nil
        }
    }

    /// The device that the job's taps stand on.
    public func watchedPort(_ agent: AgentMirror) -> NetdevName {
        session(agent) == nil ? port : sinkPort ?? port
    }

    /// Where its taps stand, and of which their counts are told: copies arrive, whatever they are of.
    public func watchedDirections(_ agent: AgentMirror) -> [Direction] {
        session(agent) == nil ? direction.directions : [.ingress]
    }

    /// What is otherwise with these copies than one might think.
    func warnings(of session: ERSPANSession, _ agent: AgentMirror) -> [String] {
        var warnings: [String] = []
        if direction != .ingress {
            warnings.append("copies are counted as ingress of \(watchedPort(agent)), whatever direction they are of")
        }
        if effectiveMode(agent) == .asic, erspan.remote == nil, let remote = session.remote {
            warnings.append(
                "the switch sends copies as if from \(remote), the agent's TELEGEN_ERSPAN_REMOTE: set erspan_remote to an "
                    + "address of the switch")
        }
        if effectiveMode(agent) == .erspanSink, erspan.remote == nil, let remote = session.remote {
            warnings.append(
                "only copies from \(remote), the agent's TELEGEN_ERSPAN_REMOTE, are counted: set erspan_remote to who sends "
                    + "them, if that is another")
        }
        switch session.greType {
        case 0x22eb:
            warnings.append("gre_type 0x22eb is that of ERSPAN type III: copies without its header are not counted")
        case 0x6558:
            warnings.append(
                "gre_type 0x6558: the kernel may join copies of one TCP stream (GRO), which are counted as one: take "
                    + "another, or ethtool -K \(watchedPort(agent)) gro off")
        default: break
        }
        return warnings
    }
}

/// Jobs whose copies of type I cannot be told apart.
public enum SharedSessions {
    /// Sentences for the warnings of the jobs that are to count.
    public static func warnings(_ intents: [JobName: Intent], _ agent: AgentMirror) -> [JobName: [String]] {
        var jobs: [NetdevName: [Sink]] = [:]
        for case (let name, .count(let job)) in intents {
            guard let session = job.spec.session(agent) else { continue }
            let isHardware = job.spec.effectiveMode(agent) == .asic
            jobs[job.spec.watchedPort(agent), default: []].append(Sink(name, session, isHardware: isHardware))
        }
        var warnings: [JobName: [String]] = [:]
        for sinks in jobs.values where sinks.count > 1 {
            for sink in sinks {
                guard let other = sinks.filter({ $0.isMixed(with: sink) }).map(\.job).min() else { continue }
                warnings[sink.job] = [
                    "copies of ERSPAN type I, which has no session id, are counted by job \(other) too: give the jobs "
                        + "other erspan_remote, if such copies come"
                ]
            }
        }
        return warnings
    }

    private struct Sink {
        let job: JobName
        let session: ERSPANSession
        let isHardware: Bool

        init(_ job: JobName, _ session: ERSPANSession, isHardware: Bool) {
            (self.job, self.session, self.isHardware) = (job, session, isHardware)
        }

        /// Whether copies of type I are counted by both, against what their keys say. What hardware sends has no key.
        func isMixed(with other: Sink) -> Bool {
            func meet<End: Equatable>(_ a: End?, _ b: End?) -> Bool { a == nil || b == nil || a == b }
            let isTold = session.key != other.session.key || isHardware != other.isHardware
            return job != other.job && isTold && session.greType == other.session.greType
                && meet(session.remote, other.session.remote) && meet(session.local, other.session.local)
        }
    }
}
