extension Corpus {
    /// What filters, `qos` and flows tell apart: TCP's flags, DSCP and ECN, ports that are there or not, both directions.
    static let fields: [Frame] = InternetProtocol.both.flatMap(fields) + behindTags

    private static func fields(of family: InternetProtocol) -> [Frame] {
        flags(family) + services(family) + remoteMemory(family) + transports(family) + replies(family)
    }

    private static let behindTags: [Frame] = [
        frame("vlan-ipv4-bgp", .v4, tags: [.customer(100)], bgp),
        frame("qinq-ipv4-bgp", .v4, tags: [.service(200), .customer(100)], bgp),
        frame("three-tags-bgp", .v4, tags: [.service(200), .customer(100), .customer(1)], bgp),
        frame("qinq-icmp6-neighbour", .v6, tags: [.service(200), .customer(100)], solicitation),
    ]

    private static let bgp = IPv4.packet(Proto.tcp, typeOfService: 0xc0, Transport.tcp(.v4, to: 179, .pattern(19)))
    private static let solicitation = IPv6.packet(next: Proto.icmp6, Transport.icmp6(type: 135, .pattern(24)))

    private static func flags(_ family: InternetProtocol) -> [Frame] {
        [
            ("none", TCPFlags()), ("syn", .synchronize), ("syn-ack", [.synchronize, .acknowledge]),
            ("fin-ack", [.finish, .acknowledge]), ("rst", .reset), ("rst-ack", [.reset, .acknowledge]),
            ("all", [.finish, .synchronize, .reset, .push, .acknowledge]),
        ].map { name, flags in
            frame(
                "\(family.rawValue)-flags-\(name)", family,
                family.packet(Proto.tcp, Transport.tcp(family, flags: flags, [])))
        }
    }

    /// Expedited forwarding, assured forwarding 41, congestion experienced, and every bit.
    private static func services(_ family: InternetProtocol) -> [Frame] {
        [("ef", 46 << 2), ("af41", 34 << 2), ("ect", 2), ("ce", 3), ("af41-ce", 34 << 2 | 3), ("highest", 0xff)].map {
            name, typeOfService in
            let datagram = Transport.udp(family, .pattern(64))
            return frame(
                "\(family.rawValue)-tos-\(name)", family,
                family.packet(Proto.udp, typeOfService: typeOfService, datagram))
        }
    }

    /// RoCEv2: a write, a congestion notification, and a datagram that ends before it says which.
    private static func remoteMemory(_ family: InternetProtocol) -> [Frame] {
        [("rocev2", [0x0a] + .pattern(200)), ("rocev2-cnp", [0x81] + .pattern(31)), ("rocev2-empty", [])].map {
            name, payload in
            let datagram = Transport.udp(family, from: 49155, to: 4791, payload)
            return frame(
                "\(family.rawValue)-\(name)", family, family.packet(Proto.udp, typeOfService: 26 << 2 | 2, datagram))
        }
    }

    /// Protocols with ports besides TCP and UDP, and TCP that ends before its flags or inside its ports.
    private static func transports(_ family: InternetProtocol) -> [Frame] {
        let segment = Transport.tcp(family, to: 179, .pattern(19))
        return [
            frame(
                "\(family.rawValue)-udplite", family,
                family.packet(Proto.udpLite, Transport.udpLite(family, .pattern(64)))),
            frame(
                "\(family.rawValue)-sctp", family, family.packet(Proto.sctp, [UInt8].words(49154, 2905) + .pattern(40))),
            frame(
                "\(family.rawValue)-dccp", family, family.packet(Proto.dccp, [UInt8].words(49154, 5001) + .pattern(40))),
            frame("\(family.rawValue)-flags-missing", family, family.packet(Proto.tcp, Array(segment.prefix(13)))),
            frame("\(family.rawValue)-flags-last", family, family.packet(Proto.tcp, Array(segment.prefix(14)))),
            frame("\(family.rawValue)-ports-only", family, family.packet(Proto.tcp, Array(segment.prefix(4)))),
            frame("\(family.rawValue)-ports-cut", family, family.packet(Proto.tcp, Array(segment.prefix(3)))),
        ]
    }

    /// The other direction: addresses and ports change places, and every checksum stays right.
    private static func replies(_ family: InternetProtocol) -> [Frame] {
        let half = family.addresses.count / 2
        let start = family.headerLength - 2 * half
        return [
            ("tcp", Proto.tcp, Transport.tcp(family, from: 443, to: 49152, .pattern(600))),
            ("udp", Proto.udp, Transport.udp(family, from: 4789, to: 49153, .pattern(300))),
        ].map { name, proto, segment in
            var packet = family.packet(proto, segment)
            packet.replaceSubrange(
                start..<family.headerLength, with: family.addresses.suffix(half) + family.addresses.prefix(half))
            return frame("\(family.rawValue)-reply-\(name)", family, packet)
        }
    }
}
