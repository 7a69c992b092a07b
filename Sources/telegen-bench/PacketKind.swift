import Traffic

/// A packet that the programs are measured with.
struct PacketKind: Sendable {
    let name: String
    /// From the Ethernet header on.
    let bytes: [UInt8]

    /// The usual ones, tagged ones, those without IP, broken ones, and one whose headers are a chain.
    static let all: [PacketKind] = [
        PacketKind(name: "udp4", bytes: frame("ipv4-udp-64")),
        PacketKind(name: "tcp4", bytes: frame("ipv4-tcp-1514")),
        PacketKind(name: "icmp6", bytes: frame("icmp6-64")),
        PacketKind(name: "vlan-udp4", bytes: frame("vlan-ipv4-64")),
        PacketKind(name: "qinq-tcp6", bytes: behind([0x88, 0xa8, 0, 200, 0x81, 0, 0, 100], frame("ipv6-tcp-74"))),
        PacketKind(name: "arp", bytes: frame("arp-padded")),
        PacketKind(name: "vlan-cut", bytes: frame("malformed-vlan-ipv4-cut")),
        PacketKind(name: "bad-ihl", bytes: frame("malformed-ipv4-ihl-4")),
        PacketKind(name: "tcp4-cut", bytes: frame("ipv4-transport-cut")),
        PacketKind(name: "one-byte", bytes: Array(frame("unknown-64").prefix(15))),
        PacketKind(name: "hbh-tcp6", bytes: behindOptions(frame("ipv6-tcp-74"))),
    ]

    /// Those that copies are measured with, and a copy that arrives.
    static let copied: [PacketKind] = [
        PacketKind(name: "udp4", bytes: frame("ipv4-udp-64")), PacketKind(name: "tcp4", bytes: frame("ipv4-tcp-1514")),
        PacketKind(name: "udp4 in type II", bytes: inTunnel(frame("ipv4-udp-64"))),
    ]

    /// Session 42, number 0, every time.
    private static func inTunnel(_ frame: [UInt8]) -> [UInt8] {
        let length = 20 + 8 + 8 + frame.count
        let ip: [UInt8] = [0x45, 0, UInt8(length >> 8), UInt8(length & 0xff), 0, 0, 0, 0, 64, 47, 0, 0]
        let gre: [UInt8] = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 0]
        return frame[..<12] + [8, 0] + ip + [192, 0, 2, 100, 192, 0, 2, 10] + gre + [0x10, 0, 0, 42, 0, 0, 0, 0] + frame
    }

    /// Those that a network is full of: no malformed headers, options or extensions.
    static let plain = ["udp4", "tcp4", "icmp6", "vlan-udp4", "qinq-tcp6", "arp", "one-byte"]

    /// The same packet as a device without an Ethernet header has it; nil for what the kernel would not run.
    ///
    /// The kernel takes the type from the bytes 12 and 13 all the same: they become it, in IP's source address. From
    /// Linux 6.18 on it wants a whole IP header behind them.
    var withoutLink: [UInt8]? {
        let type = Array(bytes[12..<14])
        guard let header = [[0x08, 0x00]: 20, [0x86, 0xdd]: 40][type], bytes.count >= 28 + header else { return nil }
        return bytes[14..<26] + type + bytes[28...]
    }

    private static func frame(_ name: String) -> [UInt8] { Corpus[name]!.bytes }

    private static func behind(_ tags: [UInt8], _ frame: [UInt8]) -> [UInt8] { frame[..<12] + tags + frame[12...] }

    /// A TCP segment over IPv6 with hop-by-hop options in front of it.
    private static func behindOptions(_ frame: [UInt8]) -> [UInt8] {
        let (nextHeader, payload) = (14 + 6, 14 + 40)
        let options = [frame[nextHeader], 0, 1, 4, 0, 0, 0, 0]
        return frame[..<nextHeader] + [0] + frame[nextHeader + 1..<payload] + options + frame[payload...]
    }
}
