/// What the packets of a flow have in common. For later fragments and protocols without ports both ports are 0.
public struct FlowKey: Hashable, Sendable {
    public let source: IPAddress
    public let destination: IPAddress
    /// IANA's number, behind extension headers.
    public let proto: UInt8
    public let sourcePort: UInt16
    public let destinationPort: UInt16

    public init(source: IPAddress, destination: IPAddress, proto: UInt8, sourcePort: UInt16, destinationPort: UInt16) {
        self.source = source
        self.destination = destination
        self.proto = proto
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }

    /// Whether its packets carry ports.
    public var hasPorts: Bool { sourcePort != 0 || destinationPort != 0 }
}

extension FlowKey: Comparable {
    /// By source, destination, protocol and ports; any fixed order will do.
    public static func < (a: FlowKey, b: FlowKey) -> Bool { a.order < b.order }

    private var order: (Int, UInt128, UInt128, UInt64) {
        let rest = UInt64(proto) << 32 | UInt64(sourcePort) << 16 | UInt64(destinationPort)
        return (source.bitCount, source.number, destination.number, rest)
    }
}

extension FlowKey: CustomStringConvertible {
    /// `tcp 192.0.2.1:49152 -> [2001:db8::1]:443`; without ports `icmp 192.0.2.1 -> 198.51.100.7`.
    public var description: String {
        let ends = hasPorts ? (source.text(port: sourcePort), destination.text(port: destinationPort)) : nil
        return "\(IPProtocol.text(proto)) \(ends?.0 ?? source.description) -> \(ends?.1 ?? destination.description)"
    }
}

extension IPAddress {
    fileprivate var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.bits)
        case .v6(let address): address.bits
        }
    }

    fileprivate func text(port: UInt16) -> String {
        switch self {
        case .v4: "\(self):\(port)"
        case .v6: "[\(self)]:\(port)"
        }
    }
}

/// Packets and frame bytes.
public struct Volume: Hashable, Sendable {
    public var packets: UInt64
    public var bytes: UInt64

    public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    public static func + (a: Volume, b: Volume) -> Volume {
        Volume(packets: a.packets &+ b.packets, bytes: a.bytes &+ b.bytes)
    }
    /// At least zero.
    public static func - (a: Volume, b: Volume) -> Volume {
        Volume(
            packets: a.packets > b.packets ? a.packets - b.packets : 0, bytes: a.bytes > b.bytes ? a.bytes - b.bytes : 0
        )
    }
}

/// A cell of the kernel's flow table on one CPU, as it was read: a flow's hash leads to the same cell on every CPU.
public struct FlowCell: Hashable, Sendable {
    /// Rises with every change of owner.
    public var version: UInt32
    /// Nil: nobody has come yet, or the cell was being handed over while it was read.
    public var owner: FlowKey?
    /// The owner's, since it came.
    public var counted: Volume
    /// What `other` was when the owner came: no more of the owner's packets can have been turned away.
    public var missed: Volume
    /// Of all earlier owners and all who were turned away, since the table was made. Never falls.
    public var other: Volume

    public init(
        version: UInt32 = 0, owner: FlowKey? = nil, counted: Volume = Volume(), missed: Volume = Volume(),
        other: Volume = Volume()
    ) {
        self.version = version
        self.owner = owner
        self.counted = counted
        self.missed = missed
        self.other = other
    }
}

/// A tap's flow table.
public struct FlowTable: Hashable, Sendable {
    /// By place in the table, then by CPU.
    public var cells: [FlowCell]
    public let cpus: Int

    /// - Parameter cells: a whole number of places.
    public init(cells: [FlowCell], cpus: Int) {
        precondition(cpus > 0 && cells.count.isMultiple(of: cpus))
        self.cells = cells
        self.cpus = cpus
    }

    /// The cells of one place on all CPUs.
    subscript(place: Int) -> ArraySlice<FlowCell> {
        get { cells[place * cpus..<(place + 1) * cpus] }
        set { cells.replaceSubrange(place * cpus..<(place + 1) * cpus, with: newValue) }
    }

    var places: Range<Int> { 0..<cells.count / cpus }
}
