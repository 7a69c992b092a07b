extension Corpus {
    /// What reaches a switch's CPU over IP. Only the headers that tell one from another are real.
    static let control: [Frame] =
        InternetProtocol.both.flatMap(control) + dynamicHosts + neighbours + listeners + strangers

    private static func control(of family: InternetProtocol) -> [Frame] {
        routing(family) + sessions(family) + datagrams(family)
    }

    private static func routing(_ family: InternetProtocol) -> [Frame] {
        [("ospf", Proto.ospf), ("pim", Proto.pim), ("vrrp", Proto.vrrp)].map { name, proto in
            frame("\(family.rawValue)-\(name)", family, family.packet(proto, typeOfService: 0xc0, .pattern(44)))
        }
    }

    /// TCP, from the client and from the server.
    private static func sessions(_ family: InternetProtocol) -> [Frame] {
        [("bgp", 179), ("ssh", 22), ("telnet", 23), ("tacacs", 49), ("dns-tcp", 53), ("syslog-tcp", 514)].flatMap {
            name, port in
            let flags: TCPFlags = [.push, .acknowledge]
            let request = Transport.tcp(family, to: port, flags: flags, .pattern(19))
            let reply = Transport.tcp(family, from: port, to: 49152, flags: flags, .pattern(19))
            return [
                frame("\(family.rawValue)-\(name)", family, family.packet(Proto.tcp, request)),
                frame("\(family.rawValue)-\(name)-reply", family, family.packet(Proto.tcp, reply)),
            ]
        }
    }

    private static func datagrams(_ family: InternetProtocol) -> [Frame] {
        [
            ("bfd", 49152, 3784), ("bfd-echo", 49152, 3785), ("bfd-multihop", 49152, 4784), ("dns", 49152, 53),
            ("dns-reply", 53, 49152), ("ntp", 123, 123), ("ntp-reply", 123, 49152), ("snmp", 49152, 161),
            ("snmp-reply", 161, 49152), ("snmp-trap", 49152, 162), ("syslog", 49152, 514), ("radius", 49152, 1812),
            ("radius-reply", 1812, 49152), ("radius-accounting", 49152, 1813), ("ptp-event", 319, 319),
            ("ptp-general", 320, 320),
        ].map { name, source, destination in
            let datagram = Transport.udp(family, from: source, to: destination, .pattern(24))
            return frame("\(family.rawValue)-\(name)", family, family.packet(Proto.udp, datagram))
        }
    }

    private static let dynamicHosts: [Frame] = [
        ("dhcp", .v4, 68, 67), ("dhcp-reply", .v4, 67, 68), ("dhcp-relay", .v4, 67, 67),
        ("dhcpv6", .v6, 546, 547), ("dhcpv6-reply", .v6, 547, 546),
    ].map { (name: String, family: InternetProtocol, source: Int, destination: Int) in
        let datagram = Transport.udp(family, from: source, to: destination, .pattern(240))
        return frame("\(family.rawValue)-\(name)", family, family.packet(Proto.udp, datagram))
    }

    /// Router solicitation to redirect, and the first types on either side that are none of them.
    private static let neighbours =
        (133...138).map { message("icmp6-type-\($0)", type: $0) } + [
            message("icmp6-unreachable", type: 1)
        ]

    /// Group membership: behind a router alert, as it has to be.
    private static let listeners: [Frame] =
        [130, 131, 132, 143].map { message("icmp6-type-\($0)", [.hopByHop], type: $0) } + [
            frame("ipv4-igmp", .v4, IPv4.packet(Proto.igmp, report)),
            frame("ipv4-igmp-alert", .v4, IPv4.packet(Proto.igmp, options: [0x94, 4, 0, 0], report)),
        ]

    /// Numbers that mean nothing in the other version of IP.
    private static let strangers: [Frame] = [
        frame("ipv4-icmp6", .v4, IPv4.packet(Proto.icmp6, [135, 0, 0, 0] + .pattern(20))),
        frame("ipv6-icmp4", .v6, IPv6.packet(next: Proto.icmp4, Transport.icmp4(.pattern(20)))),
        frame("ipv6-igmp", .v6, IPv6.packet(next: Proto.igmp, report)),
    ]

    private static let report: [UInt8] = [0x16, 0, 0, 0, 233, 252, 0, 1]

    private static func message(_ name: String, _ headers: [ExtensionHeader] = [], type: Int) -> Frame {
        frame(name, .v6, IPv6.packet(headers, next: Proto.icmp6, Transport.icmp6(type: type, .pattern(24))))
    }
}
