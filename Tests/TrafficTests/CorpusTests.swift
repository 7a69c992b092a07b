import Testing
import Traffic

@Suite("The corpus counts as its names say")
struct CorpusTests {
    private static let families: [(prefix: String, packetClass: ExpectedCount.PacketClass)] = [
        ("ipv4", .ipv4), ("ipv6", .ipv6), ("icmp6", .icmp6), ("arp", .other), ("lldp", .other), ("lacp", .other),
        ("llc", .other), ("mpls", .other), ("pppoe", .other), ("ptp", .other), ("eapol", .other), ("unknown", .other),
        ("three-tags", .other), ("four-tags", .other), ("vlan-highest", .ipv4), ("vlan-priority", .ipv4),
        ("vlan-drop-eligible", .ipv4), ("vlan-service", .ipv4),
        ("vlan-ipv4", .ipv4), ("vlan-ipv6", .ipv6), ("vlan-icmp6", .icmp6), ("vlan-arp", .other), ("vlan-llc", .other),
        ("qinq-ipv4", .ipv4), ("qinq-ipv6", .ipv6), ("qinq-icmp6", .icmp6), ("qinq-arp", .other),
        ("stacked-ipv4", .ipv4), ("stacked-ipv6", .ipv6), ("stacked-icmp6", .icmp6), ("stacked-arp", .other),
        ("tso-ipv4", .ipv4), ("tso-ipv6", .ipv6), ("tso-vlan-ipv4", .ipv4), ("tso-vlan-ipv6", .ipv6),
        ("tso-qinq-ipv4", .ipv4), ("tso-qinq-ipv6", .ipv6), ("tso-stacked-ipv4", .ipv4),
        ("uso-ipv4", .ipv4), ("uso-ipv6", .ipv6), ("uso-vlan-ipv4", .ipv4),
    ]
    private static let broken: [(prefix: String, packetClass: ExpectedCount.PacketClass)] = [
        ("malformed-ipv4", .ipv4), ("malformed-ipv6", .ipv6), ("malformed-vlan-cut", .other),
        ("malformed-qinq-cut", .other), ("malformed-vlan-ipv4", .ipv4), ("malformed-vlan-ipv6", .ipv6),
        ("malformed-qinq-ipv4", .ipv4), ("malformed-qinq-ipv6", .ipv6),
    ]

    @Test("Classes and parse errors")
    func classes() {
        for (families, isMalformed) in [(Self.families, false), (Self.broken, true)] {
            for (prefix, packetClass) in families {
                let frames = Corpus.matching(prefix)
                #expect(!frames.isEmpty, "\(prefix)")
                for frame in frames {
                    #expect(frame.expectation.packetClass == packetClass, "\(frame.name)")
                    #expect(frame.expectation.isMalformed == isMalformed, "\(frame.name)")
                }
            }
        }
        let covered = (Self.families + Self.broken).flatMap { Corpus.matching($0.prefix) }
        #expect(Set(covered) == Set(Corpus.frames))
    }

    @Test("Sizes are what the names say, and every bucket is filled from both sides of each bound")
    func sizes() {
        for family in ["ipv4-udp", "ipv6-udp"] {
            let sizes = Corpus.matching(family).map(\.bytes.count)
            #expect(sizes.map { "\(family)-\($0)" } == Corpus.matching(family).map(\.name))
            #expect(Set(sizes).isSuperset(of: Tally.sizeBounds.flatMap { [$0, $0 + 1] }.filter { $0 > 65 }))
        }
    }

    @Test("Only frames that end within two bytes of their outer tag are lost on a veth")
    func reachesPeer() {
        let lost = Set(Corpus.frames.filter { !$0.reachesPeer }.map(\.name))
        let cut = (0...3).map { "malformed-vlan-cut-\($0)" }
        #expect(lost == Set(cut + ["malformed-qinq-cut-0", "malformed-qinq-cut-1", "malformed-vlan-ipv4-empty"]))
    }
}
