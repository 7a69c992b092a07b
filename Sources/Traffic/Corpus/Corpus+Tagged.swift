extension Corpus {
    private static let single: [VLANTag] = [.customer(100)]
    private static let qinq: [VLANTag] = [.service(200), .customer(100)]

    static let tagged: [Frame] =
        [
            udp("vlan-ipv4-64", single, .v4, 64), udp("vlan-ipv4-65", single, .v4, 65),
            udp("vlan-ipv4-1518", single, .v4, 1518), udp("vlan-ipv4-9018", single, .v4, 9018),
            udp("vlan-ipv6-118", single, .v6, 118), udp("vlan-ipv6-1518", single, .v6, 1518),
            echo("vlan-icmp6", single), echo("vlan-icmp6-options", single, [.hopByHop]),
            udp("vlan-highest", [.customer(4094)], .v4, 128),
            udp("vlan-priority", [.customer(5 << 13)], .v4, 128),
            udp("vlan-drop-eligible", [.customer(3 << 13 | 1 << 12 | 100)], .v4, 128),
            udp("vlan-service", [.service(200)], .v4, 128),
            Frame(name: "vlan-arp", bytes: Ethernet.frame(EtherType.arp, tags: single, arpRequest)),
            Frame(name: "vlan-llc", bytes: Ethernet.frame(39, tags: single, spanningTree)),
        ] + twice("qinq", qinq) + twice("stacked", [.customer(200), .customer(100)])
        + [
            udp("three-tags-qinq", qinq + single, .v4, 128),
            udp("three-tags-ipv4", single + single + single, .v4, 1526),
            echo("three-tags-icmp6", single + single + single),
            udp("four-tags", qinq + qinq, .v6, 256),
        ]

    private static func twice(_ name: String, _ tags: [VLANTag]) -> [Frame] {
        [
            udp("\(name)-ipv4-64", tags, .v4, 64), udp("\(name)-ipv4-1518", tags, .v4, 1518),
            udp("\(name)-ipv4-1522", tags, .v4, 1522), udp("\(name)-ipv6-1522", tags, .v6, 1522),
            echo("\(name)-icmp6", tags), echo("\(name)-icmp6-options", tags, [.hopByHop, .destination]),
            Frame(name: "\(name)-arp", bytes: Ethernet.frame(EtherType.arp, tags: tags, arpRequest)),
        ]
    }

    private static func udp(_ name: String, _ tags: [VLANTag], _ family: InternetProtocol, _ size: Int) -> Frame {
        let headers = Ethernet.headerLength + 4 * tags.count + family.headerLength + Transport.udpHeaderLength
        let packet = family.packet(Proto.udp, Transport.udp(family, .pattern(size - headers)))
        return Frame(name: name, bytes: Ethernet.frame(family.etherType, tags: tags, packet))
    }

    private static func echo(_ name: String, _ tags: [VLANTag], _ headers: [ExtensionHeader] = []) -> Frame {
        let packet = IPv6.packet(headers, next: Proto.icmp6, Transport.icmp6(.pattern(56)))
        return Frame(name: name, bytes: Ethernet.frame(EtherType.ipv6, tags: tags, packet))
    }
}
