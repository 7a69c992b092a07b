/// Every kind of frame that tests and benchmarks send.
public enum Corpus {
    public static let frames: [Frame] =
        ipv4 + ipv6 + icmp6 + tagged + others + control + fields + fragments + segmented + malformed

    /// The frame called `name`.
    public static subscript(name: String) -> Frame? { byName[name] }

    /// The frames called `name` or, when it is the beginning of names up to a hyphen (`ipv4`, `ipv6-udp`), all of those.
    public static func matching(_ name: String) -> [Frame] {
        frames.filter { $0.name == name || $0.name.hasPrefix(name + "-") }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: frames.map { ($0.name, $0) })

    /// Every bound of the size histogram and one byte more, the usual sizes, and the largest frames of common MTUs.
    static let sizes =
        (Tally.sizeBounds.flatMap { [$0, $0 + 1] } + [60, 63, 590, 1514, 9000, 9014]).sorted()

    /// An IP packet in its frame.
    static func frame(
        _ name: String, _ family: InternetProtocol, tags: [VLANTag] = [], _ packet: [UInt8]
    ) -> Frame {
        Frame(name: name, bytes: Ethernet.frame(family.etherType, tags: tags, packet))
    }

    /// One UDP frame per size of `sizes` that the headers fit into.
    static func udpFrames(_ name: String, _ family: InternetProtocol, sizes: [Int]) -> [Frame] {
        let headers = Ethernet.headerLength + family.headerLength + Transport.udpHeaderLength
        return sizes.filter { $0 >= headers }.map { size in
            let packet = family.packet(Proto.udp, Transport.udp(family, .pattern(size - headers)))
            return Frame(name: "\(name)-\(size)", bytes: Ethernet.frame(family.etherType, packet))
        }
    }

    /// One TCP frame per size.
    static func tcpFrames(_ name: String, _ family: InternetProtocol, sizes: [Int]) -> [Frame] {
        let headers = Ethernet.headerLength + family.headerLength + Transport.tcpHeaderLength
        return sizes.map { size in
            let packet = family.packet(Proto.tcp, Transport.tcp(family, .pattern(size - headers)))
            return Frame(name: "\(name)-\(size)", bytes: Ethernet.frame(family.etherType, packet))
        }
    }
}
