import Testing
import Traffic

@Suite("The corpus's protocols are those of its names")
struct CorpusControlTests {
    /// By the beginning of the name; `ip` stands for both versions.
    private static let control: [(prefix: String, ExpectedControl)] = [
        ("arp", .arp), ("vlan-arp", .arp), ("qinq-arp", .arp), ("stacked-arp", .arp), ("lldp", .lldp), ("lacp", .lacp),
        ("llc-stp", .stp), ("vlan-llc", .stp), ("ptp", .ptp), ("eapol", .eapol),
        ("ipv4-icmp-", .icmp), ("ipv4-fragment-icmp", .icmp), ("ipv4-igmp", .igmp),
        ("icmp6", .icmp), ("vlan-icmp6", .icmp), ("qinq-icmp6", .icmp), ("stacked-icmp6", .icmp),
        ("icmp6-type-13", .nd), ("icmp6-type-138", .icmp), ("qinq-icmp6-neighbour", .nd),
        ("icmp6-type-130", .igmp), ("icmp6-type-131", .igmp), ("icmp6-type-132", .igmp), ("icmp6-type-143", .igmp),
        ("ip-ospf", .ospf), ("ip-pim", .pim), ("ip-vrrp", .vrrp), ("ip-bgp", .bgp), ("ip-ssh", .ssh),
        ("ip-telnet", .telnet), ("ip-tacacs", .tacacs), ("ip-syslog", .syslog), ("ip-dns", .dns), ("ip-bfd", .bfd),
        ("ip-ntp", .ntp), ("ip-snmp", .snmp), ("ip-radius", .radius), ("ip-ptp", .ptp), ("ipv4-dhcp", .dhcp),
        ("ipv6-dhcpv6", .dhcpv6), ("vlan-ipv4-bgp", .bgp), ("qinq-ipv4-bgp", .bgp), ("ip-ports-only", .bgp),
        ("ip-flags-missing", .bgp), ("ip-flags-last", .bgp), ("ip-fragment-first-dns", .dns), ("ip-options-dns", .dns),
        ("ipv6-fragment-atomic", .dns),
    ]

    private static func expected(_ frame: Frame) -> ExpectedControl? {
        let names = control.flatMap { prefix, control in
            prefix.hasPrefix("ip-")
                ? [("ipv4" + prefix.dropFirst(2), control), ("ipv6" + prefix.dropFirst(2), control)]
                : [(prefix, control)]
        }
        return names.filter { frame.name.hasPrefix($0.0) }.max { $0.0.count < $1.0.count }?.1
    }

    @Test("Each frame is of the protocol that its name says, or of none")
    func control() {
        for frame in Corpus.frames { #expect(frame.headers.control == Self.expected(frame), "\(frame.name)") }
        #expect(Set(Corpus.frames.compactMap(\.headers.control)) == Set(ExpectedControl.allCases))
    }

    @Test("TCP's flags", arguments: ["ipv4", "ipv6"])
    func flags(family: String) {
        let flags = [
            "none": 0, "syn": 2, "syn-ack": 2, "fin-ack": 1, "rst": 4, "rst-ack": 4, "all": 7, "last": 0,
            "missing": nil,
        ]
        for (name, cell) in flags {
            #expect(Corpus["\(family)-flags-\(name)"]?.headers.ip?.tcpFlags == cell, "\(name)")
        }
    }

    @Test("DSCP and ECN", arguments: ["ipv4", "ipv6"])
    func services(family: String) throws {
        for (name, dscp, ecn) in [("ef", 46, 0), ("af41", 34, 0), ("ect", 0, 2), ("ce", 0, 3), ("af41-ce", 34, 3)] {
            let ip = try #require(Corpus["\(family)-tos-\(name)"]?.headers.ip)
            #expect(ip.dscp == dscp && ip.typeOfService & 3 == ecn, "\(name)")
        }
    }

    @Test("RoCEv2 and its notifications", arguments: ["ipv4", "ipv6"])
    func remoteMemory(family: String) {
        let all = Corpus.frames.filter { $0.headers.ip?.isRoCEv2 == true && $0.name.hasPrefix(family) }
        #expect(all.map(\.name) == ["\(family)-rocev2", "\(family)-rocev2-cnp", "\(family)-rocev2-empty"])
        #expect(all.filter { $0.headers.ip!.isCongestionNotification }.map(\.name) == ["\(family)-rocev2-cnp"])
    }

    @Test("Fragments are those that say so")
    func fragments() {
        for frame in Corpus.frames {
            guard let ip = frame.headers.ip else { continue }
            #expect(ip.isFragment == frame.name.contains("fragment-"), "\(frame.name)")
        }
    }

    @Test("A reply is its request with both ends exchanged", arguments: ["ipv4", "ipv6"], ["tcp-1514", "udp-590"])
    func replies(family: String, request: String) throws {
        let there = ExpectedFlow(of: try #require(Corpus["\(family)-\(request)"]?.headers.ip))
        let back = ExpectedFlow(of: try #require(Corpus["\(family)-reply-\(request.prefix(3))"]?.headers.ip))
        #expect(there.source == back.destination && there.destination == back.source && there.proto == back.proto)
        #expect(there.sourcePort == back.destinationPort && there.destinationPort == back.sourcePort)
    }
}
