import Testing

@testable import Traffic

@Suite("What a filter lets pass")
struct FilterRuleTests {
    private let udp = Corpus["ipv4-udp-64"]!.headers
    private let tagged = Corpus["vlan-ipv6-118"]!.headers
    private let arp = Corpus["arp"]!.headers

    private func rule(_ set: (inout FilterRule) -> Void) -> FilterRule {
        var rule = FilterRule()
        set(&rule)
        return rule
    }

    @Test("An empty one everything")
    func empty() {
        #expect(Corpus.frames.allSatisfy { FilterRule().matches($0.headers) })
    }

    @Test("Within a field one value is enough, between fields all are needed")
    func combination() {
        var rule = rule { $0.protocols = [6, 17] }
        #expect(rule.matches(udp) && rule.matches(tagged) && !rule.matches(arp))
        rule.vlans = [99, 100]
        #expect(!rule.matches(udp) && rule.matches(tagged))
        rule.dscps = [1]
        #expect(!rule.matches(tagged))
    }

    @Test("A VLAN of malformed packets and of more than two tags too, but never 0")
    func vlans() {
        let rule = rule { $0.vlans = [100, 200] }
        for (name, matches) in [
            ("malformed-vlan-ipv4-cut", true), ("malformed-qinq-cut-1", true), ("three-tags-qinq", true),
            ("vlan-arp", true), ("vlan-priority", false), ("vlan-highest", false), ("arp", false),
        ] {
            #expect(rule.matches(Corpus[name]!.headers) == matches, "\(name)")
        }
    }

    @Test("Every field of IP leaves out what is malformed or no IP")
    func onlyIP() {
        let rules = [
            rule { $0.protocols = Set(0...255) }, rule { $0.dscps = Set(0...63) },
            rule { $0.source = FilterRule.Prefix([0, 0, 0, 0], length: 0) },
            rule { $0.destination = FilterRule.Prefix([UInt8](repeating: 0, count: 16), length: 0) },
        ]
        for frame in Corpus.frames where frame.headers.ip == nil {
            #expect(rules.allSatisfy { !$0.matches(frame.headers) }, "\(frame.name)")
        }
        for frame in Corpus.frames {
            guard let ip = frame.headers.ip else { continue }
            let matches = rules.map { $0.matches(frame.headers) }
            #expect(matches == [true, true, ip.version == 4, ip.version == 6], "\(frame.name)")
        }
    }

    @Test("Ports: ranges with both ends; never of a packet without them")
    func ports() {
        #expect(rule { $0.sourcePorts = [1...2, 49153...49153] }.matches(udp))
        #expect(!rule { $0.sourcePorts = [49154...65535, 0...49152] }.matches(udp))
        #expect(rule { $0.destinationPorts = [4700...4789] }.matches(udp))
        #expect(rule { $0.destinationPorts = [4789...4800] }.matches(udp))
        let all = rule { $0.destinationPorts = [0...65535] }
        for (name, matches) in [
            ("ipv4-fragment-first", true), ("ipv4-fragment-later", false), ("ipv6-fragment-atomic", true),
            ("ipv4-ports-only", true), ("ipv4-ports-cut", false), ("ipv4-icmp-64", false), ("ipv6-sctp", true),
        ] {
            #expect(all.matches(Corpus[name]!.headers) == matches, "\(name)")
        }
    }

    @Test("Prefixes compare their first bits", arguments: 0...32)
    func prefixes(length: Int) {
        var address: [UInt8] = [192, 0, 2, 1]
        #expect(rule { $0.source = FilterRule.Prefix(address, length: length) }.matches(udp))
        guard length > 0 else { return }
        address[(length - 1) / 8] ^= 0x80 >> UInt8((length - 1) % 8)
        #expect(!rule { $0.source = FilterRule.Prefix(address, length: length) }.matches(udp))
    }
}
