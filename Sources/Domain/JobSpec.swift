/// What a valid row of `TELEGEN_JOB` asks for. Each property is the field of that name; ranges are held by the types
/// or, where they are plain numbers, by `JobSpec.parse`, the only maker outside tests.
public struct JobSpec: Hashable, Sendable {
    public var port: NetdevName
    public var direction: WatchedDirection = .ingress
    public var adminState: AdminState = .up
    /// Nil: the agent's default.
    public var mirrorMode: MirrorMode?
    public var erspan = ERSPANOptions()
    /// Where encapsulated copies arrive; nil: the port itself.
    public var sinkPort: NetdevName?
    /// One packet in this many is counted.
    public var sampleRate: UInt32 = 1
    public var filter = PacketFilter()
    public var detail: Set<Detail> = []
    public var topFlows = 16
    public var expiresAt: UnixTime?
    public var otlpExport = true
    public var description: String?
    public var origin: Origin?

    public init(port: NetdevName) { self.port = port }
}

public enum AdminState: String, CaseIterable, Hashable, Sendable {
    case up, down
}

public enum MirrorMode: String, CaseIterable, Hashable, Sendable {
    case none, erspan
    case erspanSink = "erspan-sink"
    case asic, placeholder
}

/// What is measured beyond packets, bytes and sizes.
public enum Detail: String, CaseIterable, Hashable, Sendable {
    case flows, bursts, qos
}

/// Who wrote the row, when not a person: rows of `api` are removed by the HTTP facade after they ended.
public enum Origin: String, CaseIterable, Hashable, Sendable {
    case api
}

/// The `erspan_*` fields and `gre_type`.
public struct ERSPANOptions: Hashable, Sendable {
    public var remote: IPv4Address?
    public var local: IPv4Address?
    /// ERSPAN session id, 0...1023; nil: the agent's.
    public var key: UInt16?
    public var name: NetdevName?
    /// 1...255; nil: the agent's.
    public var ttl: UInt8?
    /// Nil: the agent's.
    public var tos: TypeOfService?
    /// Header version: 1 (type II) or 2 (type III).
    public var version: UInt8 = 2
    /// Bytes kept of each copy, 64...9216; nil: all.
    public var truncate: UInt16?
    /// GRE protocol of type I copies.
    public var greType: UInt16 = 0x88be
    /// Cap on copies per second.
    public var packetsPerSecond: UInt32 = 100_000

    public init() {}
}

/// The outer header's type-of-service byte.
public enum TypeOfService: Hashable, Sendable {
    /// That of the packet inside.
    case inherit
    case value(UInt8)
}

/// Which packets count: within a field any of its values, between the fields all of them. Empty fields let all pass.
public struct PacketFilter: Hashable, Sendable {
    /// Outermost VLAN ids, 1...4094.
    public var vlan: [UInt16] = []
    /// IP protocol numbers.
    public var ipProto: [UInt8] = []
    /// 0...63.
    public var dscp: [UInt8] = []
    public var l4SourcePort: [ClosedRange<UInt16>] = []
    public var l4DestinationPort: [ClosedRange<UInt16>] = []
    public var sourcePrefix: IPPrefix?
    public var destinationPrefix: IPPrefix?

    public init() {}

    public var isEmpty: Bool { self == PacketFilter() }
}
