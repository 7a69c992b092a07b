extension Corpus {
    /// Name servers' packets in pieces, and around options: only the first piece has ports.
    static let fragments: [Frame] = [
        frame("ipv4-fragment-first-dns", .v4, IPv4.packet(Proto.udp, fragment: 0x2000, dns(.v4))),
        frame("ipv4-fragment-middle", .v4, IPv4.packet(Proto.udp, fragment: 0x2000 | 50, dns(.v4))),
        frame("ipv4-fragment-last", .v4, IPv4.packet(Proto.udp, fragment: 150, dns(.v4))),
        frame("ipv4-fragment-icmp", .v4, IPv4.packet(Proto.icmp4, fragment: 150, .pattern(64))),
        frame("ipv4-fragment-tcp", .v4, IPv4.packet(Proto.tcp, fragment: 1, Transport.tcp(.v4, to: 179, []))),
        frame("ipv4-options-dns", .v4, IPv4.packet(Proto.udp, options: [1, 1, 1, 0], dns(.v4))),
        frame("ipv6-fragment-first-dns", .v6, fragment(.fragment(offset: 0, more: true), Proto.udp, dns(.v6))),
        frame("ipv6-fragment-middle-dns", .v6, fragment(.fragment(offset: 50, more: true), Proto.udp, dns(.v6))),
        frame("ipv6-fragment-atomic", .v6, fragment(.fragment(offset: 0, more: false), Proto.udp, dns(.v6))),
        frame("ipv6-options-dns", .v6, IPv6.packet([.hopByHop, .destination], next: Proto.udp, dns(.v6))),
        frame(
            "icmp6-fragment-neighbour", .v6,
            fragment(.fragment(offset: 50, more: false), Proto.icmp6, Transport.icmp6(type: 135, .pattern(24)))),
    ]

    private static func dns(_ family: InternetProtocol) -> [UInt8] { Transport.udp(family, to: 53, .pattern(400)) }

    private static func fragment(_ header: ExtensionHeader, _ next: Int, _ payload: [UInt8]) -> [UInt8] {
        IPv6.packet([header], next: next, payload)
    }
}
