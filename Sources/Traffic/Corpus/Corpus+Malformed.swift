extension Corpus {
    static let malformed: [Frame] = brokenIPv4 + brokenIPv6 + brokenTags

    private static let packet4 = IPv4.packet(Proto.udp, Transport.udp(.v4, .pattern(18)))
    private static let packet6 = IPv6.packet(next: Proto.udp, Transport.udp(.v6, .pattern(18)))

    private static let brokenIPv4: [Frame] =
        [0, 1, 19].map { ipv4("cut-\($0)", Array(packet4.prefix($0))) } + [
            ipv4("version-0", beginning(with: 0x05, packet4)),
            ipv4("version-6", beginning(with: 0x65, packet4)),
            ipv4("ihl-0", beginning(with: 0x40, packet4)),
            ipv4("ihl-4", beginning(with: 0x44, packet4)),
            ipv4("ihl-beyond", beginning(with: 0x4f, packet4)),
            ipv4("options-cut", beginning(with: 0x46, Array(packet4.prefix(23)))),
            vlan("ipv4-cut", EtherType.ipv4, Array(packet4.prefix(10))),
            vlan("ipv4-empty", EtherType.ipv4, []),
            qinq("ipv4-ihl-4", EtherType.ipv4, beginning(with: 0x44, packet4)),
        ]

    private static let brokenIPv6: [Frame] =
        [0, 1, 39].map { ipv6("cut-\($0)", Array(packet6.prefix($0))) } + [
            ipv6("version-4", beginning(with: 0x45, packet6)),
            ipv6("options-missing", IPv6.packet(next: 0, [])),
            ipv6("options-cut-1", IPv6.packet(next: 0, [58])),
            ipv6("options-cut-7", IPv6.packet(next: 60, [58, 0, 1, 4, 0, 0, 0])),
            ipv6("options-beyond", IPv6.packet(next: 0, [58, 1] + .pattern(13))),
            ipv6("second-cut", IPv6.packet([.hopByHop], next: 43, [58, 2] + .pattern(20))),
            ipv6("fragment-cut", IPv6.packet(next: 44, [58, 0, 0, 1, 0, 0, 0])),
            ipv6("authentication-cut", IPv6.packet(next: 51, [58, 4] + .pattern(21))),
            ipv6("nine-headers", IPv6.packet(nineHeaders, next: Proto.icmp6, echo)),
            ipv6("ninth-fragment", IPv6.packet(nineHeaders.dropLast() + [later], next: Proto.icmp6, echo)),
            vlan("ipv6-cut", EtherType.ipv6, Array(packet6.prefix(39))),
            qinq("ipv6-options-cut", EtherType.ipv6, IPv6.packet(next: 0, [58, 1] + .pattern(13))),
        ]

    /// A frame that ends inside its first or its second tag.
    private static let brokenTags: [Frame] = [0, 1, 2, 3].flatMap { length in
        let cut = [UInt8](repeating: 0, count: length)
        return [
            Frame(name: "malformed-vlan-cut-\(length)", bytes: Ethernet.frame(EtherType.customerTag, cut)),
            Frame(
                name: "malformed-qinq-cut-\(length)",
                bytes: Ethernet.frame(EtherType.customerTag, tags: [.service(200)], cut)),
        ]
    }

    private static let nineHeaders: [ExtensionHeader] = [.hopByHop] + repeatElement(.destination, count: 8)
    private static let later = ExtensionHeader.fragment(offset: 125, more: false)
    private static let echo = Transport.icmp6(.pattern(56))

    private static func beginning(with byte: UInt8, _ packet: [UInt8]) -> [UInt8] { [byte] + packet.dropFirst() }

    private static func ipv4(_ name: String, _ packet: [UInt8]) -> Frame {
        Frame(name: "malformed-ipv4-\(name)", bytes: Ethernet.frame(EtherType.ipv4, packet))
    }

    private static func ipv6(_ name: String, _ packet: [UInt8]) -> Frame {
        Frame(name: "malformed-ipv6-\(name)", bytes: Ethernet.frame(EtherType.ipv6, packet))
    }

    private static func vlan(_ name: String, _ type: Int, _ packet: [UInt8]) -> Frame {
        Frame(name: "malformed-vlan-\(name)", bytes: Ethernet.frame(type, tags: [.customer(100)], packet))
    }

    private static func qinq(_ name: String, _ type: Int, _ packet: [UInt8]) -> Frame {
        let tags: [VLANTag] = [.service(200), .customer(100)]
        return Frame(name: "malformed-qinq-\(name)", bytes: Ethernet.frame(type, tags: tags, packet))
    }
}
