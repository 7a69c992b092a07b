@testable import Traffic

extension FilterRule {
    /// A filter that some of the packets pass: its values are theirs, and others.
    static func random(for packets: [TestPacket], using random: inout SplitMix) -> FilterRule {
        var rule = FilterRule()
        let found = (0..<Int.random(in: 1...40, using: &random)).map { _ in
            packets.randomElement(using: &random)!.headers
        }
        let ips = found.compactMap(\.ip)
        for _ in 0..<[1, 1, 2, 3].randomElement(using: &random)! {
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 7, 8: rule.vlans = Set(found.compactMap(\.vlan) + [7]).intersection(1...4094)
            case 1: rule.protocols = Set(ips.map(\.proto) + [6])
            case 2: rule.dscps = Set(ips.map(\.dscp) + [46])
            case 3: rule.sourcePorts = ranges(of: ips.compactMap(\.ports?.source), using: &random)
            case 4: rule.destinationPorts = ranges(of: ips.compactMap(\.ports?.destination), using: &random)
            case 5: rule.source = ips.first.map { Prefix.random(around: $0.source, using: &random) }
            default: rule.destination = ips.first.map { Prefix.random(around: $0.destination, using: &random) }
            }
        }
        return rule
    }

    /// Rising and apart; of one port or of some.
    private static func ranges(of ports: [Int], using random: inout SplitMix) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for port in (ports + [443]).sorted() where port > ranges.last?.upperBound ?? -1 {
            let last = min(65535, port + max(0, Int.random(in: -50...50, using: &random)))
            ranges.append(port...last)
        }
        return ranges
    }
}

extension FilterRule.Prefix {
    /// Often a long one: the addresses of packets differ at both ends.
    static func random(around address: [UInt8], using random: inout SplitMix) -> Self {
        let longest = address.count * 8
        let shortest = Bool.random(using: &random) ? 0 : longest - 9
        return Self(address, length: Int.random(in: shortest...longest, using: &random))
    }
}
