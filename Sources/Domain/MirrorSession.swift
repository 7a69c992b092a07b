/// A row of SONiC's `MIRROR_SESSION`: the switch's hardware sends copies of a port's packets in an ERSPAN tunnel.
public struct MirrorSession: Hashable, Sendable {
    /// Unique to its job, of at most 32 characters.
    public let name: String
    public let port: NetdevName
    public let direction: WatchedDirection
    /// Those of sonic-mirror-session.yang, and no other: for one that it does not know the switch ignores the row.
    public let fields: [String: String]

    /// - Parameters:
    ///   - remote: the switch's own address, from which copies come.
    ///   - local: where they are sent to.
    init(of job: JobName, _ spec: JobSpec, from remote: IPv4Address, to local: IPv4Address, _ agent: AgentMirror) {
        name = Self.name(of: job)
        (port, direction) = (spec.port, spec.direction)
        // Hardware has no packet at hand whose byte it could inherit.
        let dscp: UInt8 = if case .value(let tos) = spec.erspan.tos ?? agent.tos { tos >> 2 } else { 0 }
        fields = [
            "type": "ERSPAN", "src_ip": "\(remote)", "dst_ip": "\(local)",
            "gre_type": Self.hexadecimal(spec.erspan.greType),
            "dscp": "\(dscp)", "ttl": "\(spec.erspan.ttl ?? agent.ttl)", "queue": "0", "src_port": spec.port.text,
            "direction": spec.direction.words,
        ]
    }

    /// `tg_`, the job's first 20 characters, `_` and 8 hexadecimal digits of its name's hash.
    static func name(of job: JobName) -> String { "tg_\(job.text.prefix(kept))_\(FNV1a.digits(job.text))" }

    /// Whether the agent has made a session of this name, or another agent of the same switch's instance.
    public static func isOwn(_ name: String) -> Bool {
        let parts = name.utf8.count <= 32 && name.hasPrefix("tg_") ? name.dropFirst(3) : ""
        guard parts.utf8.count >= 10, parts.dropLast(8).hasSuffix("_") else { return false }
        let (job, digits) = (String(parts.dropLast(9)), parts.suffix(8))
        guard JobName(job) != nil, digits.allSatisfy({ "0123456789abcdef".contains($0) }) else { return false }
        return job.utf8.count == kept || FNV1a.digits(job) == digits
    }

    private static let kept = 20

    private static func hexadecimal(_ number: UInt16) -> String { "0x" + String(number, radix: 16) }
}

extension JobSpec {
    /// The session that the job asks the hardware for; nil: it asks for none.
    ///
    /// - Parameter ports: of this machine, by name.
    public func mirrorSession(
        _ job: JobName, _ agent: AgentMirror, _ ports: [NetdevName: Port] = [:]
    ) -> MirrorWish? {
        guard effectiveMode(agent) == .asic else { return nil }
        guard let remote = remote(agent), let local = local(agent) else {
            return .impossible(
                reason: "mirror_mode asic needs erspan_remote, the switch's address, and erspan_local, ours")
        }
        let session = MirrorSession(of: job, self, from: remote, to: local, agent)
        var alike: Set<NetdevName> = []
        if let own = ports[port] {
            alike = Set(ports.values.filter { $0.master == own.ifindex || own.master == $0.ifindex }.map(\.name))
        }
        if direction != .egress, let sinkPort, sinkPort == port || alike.contains(sinkPort) {
            return .impossible(
                reason:
                    "copies arrive on \(sinkPort), whose ingress they would be copies of: watch the egress of \(port) "
                    + "alone, or have them arrive elsewhere (sink_port)")
        }
        return .session(session, alike: alike)
    }
}

/// What a job asks the hardware for.
public enum MirrorWish: Hashable, Sendable {
    /// `alike`: the ports of which the switch's hardware takes a mirror for one of this port, those of a PortChannel and
    /// itself.
    case session(MirrorSession, alike: Set<NetdevName> = [])
    case impossible(reason: String)
}

extension WatchedDirection {
    /// As `MIRROR_SESSION` says it: what the port receives, transmits.
    fileprivate var words: String {
        switch self {
        case .ingress: "RX"
        case .egress: "TX"
        case .both: "BOTH"
        }
    }

    /// Nil for what is no such word; a row without one mirrors both.
    init?(words: String?) {
        guard let words = words?.uppercased() else {
            self = .both
            return
        }
        guard let direction = Self.allCases.first(where: { $0.words == words }) else { return nil }
        self = direction
    }

    func overlaps(_ other: WatchedDirection) -> Bool { self == .both || other == .both || self == other }
}
