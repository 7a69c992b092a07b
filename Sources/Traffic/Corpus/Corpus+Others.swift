extension Corpus {
    static let arpRequest: [UInt8] =
        [UInt8].words(1, EtherType.ipv4, 0x0604, 1) + [0x02, 0x54, 0x47, 0, 0, 2, 192, 0, 2, 1]
        + [0, 0, 0, 0, 0, 0, 198, 51, 100, 1]
    /// Behind an LLC header: a spanning-tree configuration message.
    static let spanningTree: [UInt8] = [0x42, 0x42, 0x03] + [UInt8](repeating: 0, count: 36)

    static let others: [Frame] = [
        Frame(name: "arp", bytes: Ethernet.frame(EtherType.arp, arpRequest)),
        Frame(name: "arp-padded", bytes: Ethernet.frame(EtherType.arp, arpRequest + padding(18))),
        Frame(name: "lldp", bytes: Ethernet.frame(0x88cc, to: nearestBridge, linkLayerDiscovery)),
        Frame(name: "lacp", bytes: Ethernet.frame(0x8809, to: slowProtocols, linkAggregation)),
        Frame(name: "llc-stp", bytes: Ethernet.frame(39, to: bridgeGroup, spanningTree + padding(7))),
        Frame(name: "llc-snap", bytes: Ethernet.frame(108, [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00] + .pattern(100))),
        Frame(name: "llc-longest", bytes: Ethernet.frame(1500, [0xe0, 0xe0, 0x03] + .pattern(1497))),
        Frame(name: "mpls", bytes: Ethernet.frame(0x8847, [UInt8].words(0x0006, 0x4140) + innerIPv4)),
        Frame(name: "mpls-two-labels", bytes: Ethernet.frame(0x8847, [UInt8].words(6, 0x4040, 7, 0x4140) + innerIPv4)),
        Frame(name: "pppoe", bytes: Ethernet.frame(0x8864, [UInt8].words(0x1100, 1, 130, 0x0021) + innerIPv4)),
        Frame(name: "ptp", bytes: Ethernet.frame(0x88f7, [0x00, 0x02] + .pattern(42))),
        Frame(name: "eapol", bytes: Ethernet.frame(0x888e, to: portAccess, [2, 1, 0, 0] + padding(42))),
        Frame(name: "unknown-empty", bytes: Ethernet.frame(0x88b5, [])),
        Frame(name: "unknown-64", bytes: Ethernet.frame(0x88b5, .pattern(50))),
        Frame(name: "unknown-9014", bytes: Ethernet.frame(0x88b5, .pattern(9000))),
    ]

    private static func padding(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private static let nearestBridge: [UInt8] = [0x01, 0x80, 0xc2, 0, 0, 0x0e]
    private static let slowProtocols: [UInt8] = [0x01, 0x80, 0xc2, 0, 0, 0x02]
    private static let bridgeGroup: [UInt8] = [0x01, 0x80, 0xc2, 0, 0, 0x00]
    private static let portAccess: [UInt8] = [0x01, 0x80, 0xc2, 0, 0, 0x03]
    private static let innerIPv4 = IPv4.packet(Proto.udp, Transport.udp(.v4, .pattern(100)))

    /// Chassis (MAC address), port (`Ethernet0`), time to live 120 s, end.
    private static let linkLayerDiscovery: [UInt8] =
        [0x02, 0x07, 0x04, 0x02, 0x54, 0x47, 0, 0, 2] + [0x04, 0x0a, 0x05] + Array("Ethernet0".utf8)
        + [0x06, 0x02, 0x00, 0x78] + [0x00, 0x00]

    /// Version 1 with the three TLVs of an actor, its partner and the collector: 110 bytes.
    private static let linkAggregation: [UInt8] =
        [0x01, 0x01, 0x01, 0x14] + [UInt8](repeating: 0, count: 18) + [0x02, 0x14] + [UInt8](repeating: 0, count: 18)
        + [0x03, 0x10] + [UInt8](repeating: 0, count: 66)
}
