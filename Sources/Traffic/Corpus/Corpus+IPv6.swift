extension Corpus {
    static let ipv6: [Frame] =
        udpFrames("ipv6-udp", .v6, sizes: [62] + sizes) + tcpFrames("ipv6-tcp", .v6, sizes: [74, 1514, 9014])
        + [
            chain("options", [.hopByHop, .destination], Proto.udp, Transport.udp(.v6, .pattern(64))),
            chain("authentication", [.authentication], Proto.udp, Transport.udp(.v6, .pattern(64))),
            chain("esp", [], Proto.esp, .pattern(100)),
            chain("no-next-header", [], Proto.none, []),
            chain("no-next-header-options", [.hopByHop], Proto.none, .pattern(16)),
            chain("fragment-first", [.fragment(offset: 0, more: true)], Proto.udp, .pattern(1000)),
            chain("fragment-later", [.fragment(offset: 125, more: false)], Proto.udp, .pattern(200)),
            // The fragment's bytes are payload: what looks like a chain of headers in there is none.
            chain("fragment-later-options", [.fragment(offset: 125, more: false)], 60, .pattern(4)),
            frame("ipv6-length-beyond", IPv6.packet(next: Proto.udp, payloadLength: 1400, .pattern(100))),
            frame("ipv6-length-zero", IPv6.packet(next: Proto.udp, payloadLength: 0, .pattern(100))),
            frame("ipv6-header-only", IPv6.packet(next: Proto.tcp, [])),
        ]

    static let icmp6: [Frame] =
        [62, 64, 65, 118, 1280, 1514, 9014].map { size in
            frame("icmp6-\(size)", IPv6.packet(next: Proto.icmp6, Transport.icmp6(.pattern(size - 62))))
        } + [
            echo("icmp6-hop-by-hop", [.hopByHop]),
            echo("icmp6-three-headers", [.hopByHop, .routing, .destination]),
            echo("icmp6-eight-headers", [.hopByHop] + repeatElement(.destination, count: 7)),
            echo("icmp6-long-options", [.options(60, length: 1024)]),
            echo("icmp6-longest-options", [.options(60, length: 2048)]),
            echo("icmp6-authentication", [.authentication]),
            echo("icmp6-fragment-first", [.fragment(offset: 0, more: true)]),
            echo("icmp6-fragment-first-options", [.fragment(offset: 0, more: true), .destination]),
            frame(
                "icmp6-fragment-later",
                IPv6.packet([.fragment(offset: 125, more: false)], next: Proto.icmp6, .pattern(200))),
            frame("icmp6-length-beyond", IPv6.packet(next: Proto.icmp6, payloadLength: 1400, .pattern(100))),
            // The chain ends in 58 and nothing of it is missing but the message itself.
            frame("icmp6-header-only", IPv6.packet(next: Proto.icmp6, [])),
            frame("icmp6-options-only", IPv6.packet([.hopByHop], next: Proto.icmp6, [])),
        ]

    private static func frame(_ name: String, _ packet: [UInt8]) -> Frame {
        Frame(name: name, bytes: Ethernet.frame(EtherType.ipv6, packet))
    }

    private static func chain(_ name: String, _ headers: [ExtensionHeader], _ next: Int, _ payload: [UInt8]) -> Frame {
        frame("ipv6-\(name)", IPv6.packet(headers, next: next, payload))
    }

    private static func echo(_ name: String, _ headers: [ExtensionHeader]) -> Frame {
        frame(name, IPv6.packet(headers, next: Proto.icmp6, Transport.icmp6(.pattern(56))))
    }
}
