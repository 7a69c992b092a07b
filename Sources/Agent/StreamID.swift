import Domain
import OTLP

/// What tells one exported stream from the others.
struct StreamID: Hashable, Sendable {
    let source: Source
    let interface: String
    let ifindex: UInt32?

    /// What is behind the stream, whatever its port is called or numbered.
    struct Source: Hashable, Sendable {
        let metric: ExportedMetric
        let job: JobName
        /// Nil: the job as a whole.
        let direction: Direction?
        let label: StreamLabel
    }

    var attributes: [Attribute] {
        let direction = source.direction.map {
            Attribute("network.io.direction", $0 == .ingress ? "receive" : "transmit")
        }
        return source.label.attributes + [Attribute("network.interface.name", interface)]
            + (direction.map { [$0] } ?? []) + [Attribute("telegen.job", source.job.text)]
            + (ifindex.map { [Attribute("ifindex", .int(Int64($0)))] } ?? [])
    }
}

extension StreamID.Source: Comparable {
    /// Of one metric: by job, direction and label.
    static func < (one: Self, other: Self) -> Bool {
        (one.job.text, one.direction?.rawValue ?? "", one.label) < (
            other.job.text, other.direction?.rawValue ?? "", other.label
        )
    }
}

/// What tells the streams of one metric and tap apart.
enum StreamLabel: Hashable, Sendable {
    case none
    case packetClass(PacketClass)
    /// 0...63.
    case dscp(Int)
    /// The two bits of RFC 3168.
    case ecn(Int)
    case tcpFlag(String)
    case control(ControlProtocol)
    case flow(FlowKey)
    /// `sent`, `failed`, `suppressed`; of those that arrive `lost`, `late`, `truncated`, `unparsed`.
    case copyOutcome(String)

    private static let ecnNames = ["not-ect", "ect1", "ect0", "ce"]

    fileprivate var attributes: [Attribute] {
        switch self {
        case .none: []
        case .packetClass(let packetClass): [Attribute("proto", packetClass.name)]
        case .dscp(let dscp): [Attribute("telegen.dscp", .int(Int64(dscp)))]
        case .ecn(let ecn): [Attribute("telegen.ecn", Self.ecnNames[ecn])]
        case .tcpFlag(let name): [Attribute("telegen.tcp.flag", name)]
        case .control(let control): [Attribute("telegen.control.protocol", control.name)]
        case .flow(let key): key.attributes
        case .copyOutcome(let name): [Attribute("telegen.copy.outcome", name)]
        }
    }
}

extension StreamLabel: Comparable {
    /// Of one metric; any fixed order will do.
    static func < (one: Self, other: Self) -> Bool {
        switch (one, other) {
        case (.flow(let key), .flow(let otherKey)): key < otherKey
        case (.tcpFlag(let name), .tcpFlag(let otherName)), (.copyOutcome(let name), .copyOutcome(let otherName)):
            name < otherName
        default: one.number < other.number
        }
    }

    private var number: Int {
        switch self {
        case .packetClass(let packetClass): packetClass.rawValue
        case .dscp(let number), .ecn(let number): number
        case .control(let control): control.rawValue
        case .none, .tcpFlag, .flow, .copyOutcome: 0
        }
    }
}

extension FlowKey {
    /// OpenTelemetry's semantic conventions (1.44); ports only where there are any.
    fileprivate var attributes: [Attribute] {
        let ends = [
            Attribute("source.address", source.description), Attribute("destination.address", destination.description),
            Attribute("network.type", source.bitCount == 32 ? "ipv4" : "ipv6"),
            Attribute("network.transport", IPProtocol.text(proto)),
        ]
        guard hasPorts else { return ends }
        return ends + [
            Attribute("source.port", .int(Int64(sourcePort))),
            Attribute("destination.port", .int(Int64(destinationPort))),
        ]
    }
}
