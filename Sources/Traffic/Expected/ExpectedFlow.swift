/// What the packets of a flow have in common.
public struct ExpectedFlow: Hashable, Sendable {
    /// Four or sixteen bytes.
    public let source: [UInt8]
    public let destination: [UInt8]
    /// IANA's number, behind extension headers.
    public let proto: Int
    /// 0 without ports, as in later fragments.
    public let sourcePort: Int
    public let destinationPort: Int

    public init(source: [UInt8], destination: [UInt8], proto: Int, sourcePort: Int, destinationPort: Int) {
        self.source = source
        self.destination = destination
        self.proto = proto
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
    }

    public init(of ip: ExpectedIP) {
        self.init(
            source: ip.source, destination: ip.destination, proto: ip.proto, sourcePort: ip.ports?.source ?? 0,
            destinationPort: ip.ports?.destination ?? 0)
    }
}

/// Wire packets and their bytes.
public struct ExpectedVolume: Hashable, Sendable {
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0

    public init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    public static func += (sum: inout ExpectedVolume, other: ExpectedVolume) {
        sum.packets += other.packets
        sum.bytes += other.bytes
    }
}
