/// What a correct reader finds in a frame's headers: the rules of classes, filters, `qos` and flows, written once more,
/// as plainly as possible and apart from the code that they judge.
public struct ExpectedHeaders: Hashable, Sendable {
    /// Id of the outermost tag; nil when its two bytes are not there. 0 names no VLAN.
    public let vlan: Int?
    public let packetClass: ExpectedCount.PacketClass
    public let isMalformed: Bool
    /// Nil for what is not IP, and for IP that is malformed.
    public let ip: ExpectedIP?
    /// Nil for the packets of users.
    public let control: ExpectedControl?

    /// Reads any frame of at least an Ethernet header's 14 bytes.
    public init(of frame: [UInt8]) { self.init(LinkLayer(of: frame)) }

    /// Reads a packet of a device without an Ethernet header, whose driver says that it is of `type`.
    public init(packet: [UInt8], type: Int) { self.init(LinkLayer(packet: packet[...], type: type)) }

    private init(_ link: LinkLayer) {
        let ip: ExpectedIP? =
            switch link.type {
            case EtherType.ipv4: ExpectedIP(v4: link.payload)
            case EtherType.ipv6: ExpectedIP(v6: link.payload)
            default: nil
            }
        switch link.type {
        case EtherType.ipv4: (packetClass, isMalformed) = (.ipv4, ip == nil)
        case EtherType.ipv6: (packetClass, isMalformed) = (ip?.proto == Proto.icmp6 ? .icmp6 : .ipv6, ip == nil)
        default: (packetClass, isMalformed) = (.other, link.isCut)
        }
        vlan = link.vlan
        self.ip = ip
        control = ExpectedControl(link, ip)
    }
}
