import Testing

@testable import Traffic

@Suite("Protocols of the control plane, rule by rule")
struct ExpectedControlTests {
    private func control(_ type: Int, tags: [VLANTag] = [], _ payload: [UInt8]) -> ExpectedControl? {
        ExpectedHeaders(of: Ethernet.frame(type, tags: tags, payload)).control
    }

    private func udp(_ source: Int, _ destination: Int) -> ExpectedControl? {
        control(0x0800, IPv4.packet(17, Transport.udp(.v4, from: source, to: destination, [])))
    }

    private func tcp(_ source: Int, _ destination: Int) -> ExpectedControl? {
        control(0x86dd, IPv6.packet(next: 6, Transport.tcp(.v6, from: source, to: destination, [])))
    }

    @Test("EtherTypes count behind at most two tags, with nothing behind them too")
    func types() {
        let tags: [VLANTag] = [.service(1), .customer(2), .customer(3)]
        let types: [Int: ExpectedControl?] = [
            0x0806: .arp, 0x8809: .lacp, 0x888e: .eapol, 0x88cc: .lldp, 0x88f7: .ptp, 0x8847: nil, 0x0600: nil,
        ]
        for (type, expected) in types {
            for count in 0...3 {
                #expect(control(type, tags: Array(tags.prefix(count)), []) == (count < 3 ? expected : nil))
            }
        }
    }

    @Test("A length below 1536 and LSAP 0x42 are spanning tree", arguments: [0, 38, 1500, 1535, 1536])
    func spanningTree(length: Int) {
        #expect(control(length, [0x42]) == (length < 1536 ? .stp : nil))
        #expect(control(length, [0x43]) == nil)
        #expect(control(length, []) == nil)
    }

    @Test("Protocol numbers of IP, whatever is behind them")
    func numbers() {
        let both: [Int: ExpectedControl] = [89: .ospf, 103: .pim, 112: .vrrp]
        for number in 0...255 where ![0, 6, 17, 43, 44, 51, 58, 60, 135, 139, 140].contains(number) {
            #expect(control(0x86dd, IPv6.packet(next: number, [])) == both[number])
            #expect(
                control(0x0800, IPv4.packet(number, fragment: 1, [])) == [1: .icmp, 2: .igmp, 58: nil][number]
                    ?? both[number])
        }
        #expect(control(0x0800, IPv4.packet(58, [135])) == nil)
    }

    @Test("ICMPv6's types, unless it is a later fragment or has none", arguments: 0...255)
    func messages(type: Int) {
        let expected: ExpectedControl =
            (133...137).contains(type) ? .nd : [130, 131, 132, 143].contains(type) ? .igmp : .icmp
        #expect(control(0x86dd, IPv6.packet([.hopByHop], next: 58, [UInt8(type)])) == expected)
        #expect(control(0x86dd, IPv6.packet([.fragment(offset: 0, more: true)], next: 58, [UInt8(type)])) == expected)
        #expect(control(0x86dd, IPv6.packet([.fragment(offset: 1, more: true)], next: 58, [UInt8(type)])) == .icmp)
        #expect(control(0x86dd, IPv6.packet(next: 58, [])) == .icmp)
    }

    @Test("Well-known ports of TCP and UDP, on either side, and no others")
    func ports() {
        let ofTCP: [Int: ExpectedControl] = [22: .ssh, 23: .telnet, 49: .tacacs, 53: .dns, 179: .bgp, 514: .syslog]
        let ofUDP: [Int: ExpectedControl] = [
            53: .dns, 67: .dhcp, 68: .dhcp, 123: .ntp, 161: .snmp, 162: .snmp, 319: .ptp, 320: .ptp, 514: .syslog,
            546: .dhcpv6, 547: .dhcpv6, 1812: .radius, 1813: .radius,
        ]
        for port in Array(0...5000) + [50000, 65535] {
            let isDetection = [3784, 3785, 4784].contains(port)
            #expect(tcp(50001, port) == ofTCP[port] && tcp(port, 50001) == ofTCP[port], "\(port)")
            #expect(udp(50001, port) == (isDetection ? .bfd : ofUDP[port]), "\(port)")
            #expect(udp(port, 50001) == ofUDP[port], "\(port)")
        }
    }

    @Test("The destination decides before the source; RoCEv2's says that it is users' data")
    func order() {
        #expect(udp(53, 161) == .snmp && udp(161, 53) == .dns && tcp(22, 179) == .bgp)
        #expect(udp(53, 3784) == .bfd && udp(3784, 53) == .dns)
        #expect(udp(53, 4791) == nil && udp(4791, 53) == .dns)
    }

    @Test("Ports of other protocols and of later fragments mean nothing")
    func noPorts() {
        for proto in [33, 132, 136] { #expect(control(0x0800, IPv4.packet(proto, [0, 53, 0, 53])) == nil) }
        #expect(control(0x0800, IPv4.packet(17, fragment: 1, [0, 53, 0, 53])) == nil)
        #expect(control(0x0800, IPv4.packet(17, [0, 53, 0])) == nil)
        #expect(control(0x0800, IPv4.packet(17, [0, 53, 0, 9])) == .dns)
    }
}
