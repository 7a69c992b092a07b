/// What the agent does with jobs that do not say: the environment's `TELEGEN_MIRROR_MODE` and `TELEGEN_ERSPAN_*`.
public struct AgentMirror: Hashable, Sendable {
    /// `none`, `erspan` or `placeholder`.
    public var mode: MirrorMode
    public var remote: IPv4Address?
    public var local: IPv4Address?
    /// The only port whose jobs may use the agent's end points; nil: any.
    public var device: NetdevName?
    /// Of the device between the agent's own end points, and what placeholder jobs are told.
    public var name = NetdevName("erspan0")!
    /// ERSPAN session id, 0...1023.
    public var key: UInt16 = 10
    /// 1...255.
    public var ttl: UInt8 = 64
    public var tos = TypeOfService.inherit

    public init(
        mode: MirrorMode = .erspan, remote: IPv4Address? = nil, local: IPv4Address? = nil, device: NetdevName? = nil
    ) {
        self.mode = mode
        self.remote = remote
        self.local = local
        self.device = device
    }
}

/// How a job is to be watched, from its row and the agent's defaults (contract, "Modes").
public enum EffectiveMode: String, CaseIterable, Hashable, Sendable {
    case port, erspan
    case erspanSink = "erspan-sink"
    case asic, placeholder
}

extension JobSpec {
    /// Why a job whose row asks for copies sends none; nil: it asks for none, or has both ends.
    func missingEnd(_ agent: AgentMirror) -> String? {
        let isAsked = mirrorMode == .erspan || erspan.remote != nil || erspan.local != nil
        guard isAsked, (mirrorMode ?? agent.mode) == .erspan, tunnel(agent) == nil else { return nil }
        let missing = [("erspan_remote", remote(agent)), ("erspan_local", local(agent))].filter { $0.1 == nil }
        return
            "no copies are sent: \(missing.map(\.0).joined(separator: " and ")) is not set, in the row or by the agent: "
            + "the port is counted"
    }

    /// How the job is to be watched. ERSPAN needs both end points, each from the row or else from the agent, whose own
    /// serve only jobs on `device` when that is set; without them ERSPAN means the port itself.
    public func effectiveMode(_ agent: AgentMirror) -> EffectiveMode {
        switch mirrorMode ?? agent.mode {
        case .none: .port
        case .erspan: tunnel(agent) == nil ? .port : .erspan
        case .erspanSink: .erspanSink
        case .asic: .asic
        case .placeholder: .placeholder
        }
    }
}
