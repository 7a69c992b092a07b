/// A network device that exists.
public struct Port: Hashable, Sendable {
    public let name: NetdevName
    /// The kernel's number; another one when the device is made anew.
    public let ifindex: UInt32
    public let layer: Layer
    /// What may change of it while it stays the same port.
    public let surroundings: Surroundings

    /// No part of a port's identity.
    public struct Surroundings: Sendable {
        /// The number of the device that it is a member of, such as a PortChannel or a bridge.
        public var master: UInt32?
        /// Of the device that it sends through, as a VLAN's device does.
        public var lower: UInt32?
        /// Bytes behind the Ethernet header.
        public var mtu: Int?
        public var isBridge: Bool

        public init(master: UInt32? = nil, lower: UInt32? = nil, mtu: Int? = nil, isBridge: Bool = false) {
            (self.master, self.lower, self.mtu, self.isBridge) = (master, lower, mtu, isBridge)
        }
    }

    public var master: UInt32? { surroundings.master }
    var lower: UInt32? { surroundings.lower }
    var mtu: Int? { surroundings.mtu }
    var isBridge: Bool { surroundings.isBridge }

    public init(
        name: NetdevName, ifindex: UInt32, layer: Layer = .ethernet, _ surroundings: Surroundings = Surroundings()
    ) {
        self.name = name
        self.ifindex = ifindex
        self.layer = layer
        self.surroundings = surroundings
    }

    public static func == (a: Port, b: Port) -> Bool {
        (a.name, a.ifindex, a.layer) == (b.name, b.ifindex, b.layer)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(ifindex)
        hasher.combine(layer)
    }

    /// What a packet of the device begins with, by its ARPHRD type.
    public enum Layer: Hashable, Sendable {
        case ethernet
        /// An IP header: tun, gre, sit, …
        case network
    }
}

/// How a program stands on a port.
public enum AttachType: String, Hashable, Sendable {
    /// A tcx link, from Linux 6.6 on.
    case tcx
    /// A cls_bpf filter of the clsact qdisc.
    case clsact
}

/// Where a tap's program stands now.
public struct Attachment: Hashable, Sendable {
    public let port: Port
    public let type: AttachType

    public init(port: Port, type: AttachType) {
        self.port = port
        self.type = type
    }
}

/// A counter slot in use: a tap that counts, or that has counted and waits to go on.
public struct TapState: Hashable, Sendable {
    /// When the tap's life began: the start of its exported streams.
    public let startedAt: UnixTime
    public let attachment: Attachment?
    /// How many programs of others see a packet before ours and may end its way.
    public let programsAhead: Int
    /// What its program measures; nil: it has none, or an earlier agent attached it, and it is not known.
    public let measurement: Measurement?

    public init(
        startedAt: UnixTime, attachment: Attachment?, measurement: Measurement? = .plain, programsAhead: Int = 0
    ) {
        self.programsAhead = programsAhead
        self.startedAt = startedAt
        self.attachment = attachment
        self.measurement = attachment == nil ? nil : measurement
    }
}
