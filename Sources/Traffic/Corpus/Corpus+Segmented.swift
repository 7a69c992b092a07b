extension Corpus {
    /// What a sender with segmentation offload hands down: one frame, many wire packets.
    static let segmented: [Frame] =
        tcp("tso-ipv4", .v4) + tcp("tso-ipv6", .v6)
        + [
            tcp("tso-vlan-ipv4", .v4, [.customer(100)], payload: 40_000),
            tcp("tso-vlan-ipv6", .v6, [.customer(100)], payload: 40_000),
            tcp("tso-qinq-ipv4", .v4, [.service(200), .customer(100)], payload: 20_000),
            tcp("tso-qinq-ipv6", .v6, [.service(200), .customer(100)], payload: 20_000),
            tcp("tso-stacked-ipv4", .v4, [.customer(200), .customer(100)], payload: 20_000),
        ]
        + [
            udp("uso-ipv4", .v4, payload: 20_100), udp("uso-ipv6", .v6, payload: 20_100),
            udp("uso-ipv4-short-last", .v4, payload: 2_801),
            udp("uso-vlan-ipv4", .v4, [.customer(100)], payload: 20_100),
        ]

    private static func tcp(_ name: String, _ family: InternetProtocol) -> [Frame] {
        [
            tcp("\(name)-two", family, payload: 1461),
            tcp("\(name)-exact", family, payload: 14_600),
            tcp("\(name)-short-last", family, payload: 14_601),
            tcp("\(name)-options", family, options: Transport.timestamps, payload: 30_000),
            tcp("\(name)-small", family, size: 100, payload: 6_450),
            tcp("\(name)-jumbo", family, size: 8_900, payload: 50_000),
            tcp("\(name)-64k", family, payload: 65_400),
            tcp("\(name)-64k-jumbo", family, size: 8_900, payload: 65_400),
            // The wire packets fill the histogram's buckets above the frames that MTU 9000 allows.
            tcp("\(name)-9217", family, size: 9_217 - headers(family), payload: 40_000),
            tcp("\(name)-16385", family, size: 16_385 - headers(family), payload: 60_000),
            tcp("\(name)-32769", family, size: 32_769 - headers(family), payload: 60_000),
        ]
    }

    private static func headers(_ family: InternetProtocol) -> Int {
        Ethernet.headerLength + family.headerLength + Transport.tcpHeaderLength
    }

    private static func tcp(
        _ name: String, _ family: InternetProtocol, _ tags: [VLANTag] = [], options: [UInt8] = [], size: Int = 1460,
        payload: Int
    ) -> Frame {
        let segment = Transport.tcp(family, options: options, partial: true, .pattern(payload))
        let kind: Offload.Kind = family == .v4 ? .tcp4 : .tcp6
        return frame(name, family, tags, kind, size: size, family.packet(Proto.tcp, segment))
    }

    private static func udp(
        _ name: String, _ family: InternetProtocol, _ tags: [VLANTag] = [], size: Int = 1400, payload: Int
    ) -> Frame {
        let datagram = Transport.udp(family, partial: true, .pattern(payload))
        return frame(name, family, tags, .udp, size: size, family.packet(Proto.udp, datagram))
    }

    private static func frame(
        _ name: String, _ family: InternetProtocol, _ tags: [VLANTag], _ kind: Offload.Kind, size: Int,
        _ packet: [UInt8]
    ) -> Frame {
        let start = Ethernet.headerLength + 4 * tags.count + family.headerLength
        return Frame(
            name: name, bytes: Ethernet.frame(family.etherType, tags: tags, packet),
            offload: Offload(kind, segmentSize: size, transportStart: start))
    }
}
