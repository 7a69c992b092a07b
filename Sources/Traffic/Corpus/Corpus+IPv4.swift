extension Corpus {
    static let ipv4: [Frame] =
        udpFrames("ipv4-udp", .v4, sizes: [42] + sizes) + tcpFrames("ipv4-tcp", .v4, sizes: [54, 60, 1514, 9014])
        + icmp4 + ipv4Options + ipv4Fragments + ipv4Lengths

    private static func frame(_ name: String, _ packet: [UInt8]) -> Frame {
        Frame(name: "ipv4-\(name)", bytes: Ethernet.frame(EtherType.ipv4, packet))
    }

    private static let icmp4 = [64, 98, 1514].map { size in
        frame("icmp-\(size)", IPv4.packet(Proto.icmp4, Transport.icmp4(.pattern(size - 42))))
    }

    /// The shortest options, a record route, and as many as fit.
    private static let ipv4Options = [4, 24, 40].map { length in
        let options = [7, UInt8(length - 1), 4] + [UInt8](repeating: 0, count: length - 3)
        return frame("options-\(length)", IPv4.packet(Proto.udp, options: options, Transport.udp(.v4, .pattern(64))))
    }

    private static let ipv4Fragments = [
        frame("fragment-first", IPv4.packet(Proto.udp, fragment: 0x2000, .pattern(800))),
        frame("fragment-later", IPv4.packet(Proto.udp, fragment: 100, .pattern(200))),
    ]

    /// Lengths that disagree with the frame's are the end host's business, and so is what comes behind IP's header.
    private static let ipv4Lengths = [
        frame("padded", IPv4.packet(Proto.udp, totalLength: 28, Transport.udp(.v4, []) + .pattern(18))),
        frame("length-beyond", IPv4.packet(Proto.udp, totalLength: 1500, Transport.udp(.v4, .pattern(100)))),
        frame("length-zero", IPv4.packet(Proto.udp, totalLength: 0, Transport.udp(.v4, .pattern(100)))),
        frame("header-only", IPv4.packet(Proto.udp, [])),
        frame("transport-cut", IPv4.packet(Proto.tcp, .pattern(7))),
    ]
}
