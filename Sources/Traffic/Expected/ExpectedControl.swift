/// The protocols of the control plane that are told apart; a packet is of one at most. The raw value is the cell of the
/// kernel's table.
public enum ExpectedControl: Int, CaseIterable, Hashable, Sendable {
    case arp = 1
    case nd, lldp, lacp, stp, eapol, ptp, icmp, igmp, ospf, pim, vrrp, bgp, bfd, dhcp, dhcpv6, dns, ntp, snmp, ssh,
        telnet
    case tacacs, radius, syslog

    /// Nil when the packet is of none of them.
    init?(_ link: LinkLayer, _ ip: ExpectedIP?) {
        guard let found = Self.ofType(link) ?? ip.flatMap(Self.ofIP) else { return nil }
        self = found
    }

    private static func ofType(_ link: LinkLayer) -> ExpectedControl? {
        switch link.type {
        case EtherType.arp: .arp
        case 0x8809: .lacp
        case 0x888e: .eapol
        case 0x88cc: .lldp
        case 0x88f7: .ptp
        // An 802.3 length; behind it the destination's service access point.
        case ..<1536: link.payload.first == 0x42 ? .stp : nil
        default: nil
        }
    }

    private static func ofIP(_ ip: ExpectedIP) -> ExpectedControl? {
        switch (ip.version, ip.proto) {
        case (4, 1): .icmp
        case (4, 2): .igmp
        case (6, Proto.icmp6): ofMessage(ip.icmp6Type)
        case (_, 89): .ospf
        case (_, 103): .pim
        case (_, 112): .vrrp
        case (_, Proto.tcp): ofPorts(ip) { port, _ in ofTCP(port) }
        // Users' data, whatever port it comes from.
        case (_, Proto.udp) where ip.isRoCEv2: nil
        case (_, Proto.udp): ofPorts(ip, ofUDP)
        default: nil
        }
    }

    private static func ofMessage(_ type: Int?) -> ExpectedControl {
        switch type {
        case 130, 131, 132, 143: .igmp
        case 133, 134, 135, 136, 137: .nd
        default: .icmp
        }
    }

    /// The destination's port decides; if it says nothing, the source's.
    private static func ofPorts(
        _ ip: ExpectedIP, _ rule: (Int, _ isDestination: Bool) -> ExpectedControl?
    ) -> ExpectedControl? {
        guard let ports = ip.ports else { return nil }
        return rule(ports.destination, true) ?? rule(ports.source, false)
    }

    private static func ofTCP(_ port: Int) -> ExpectedControl? {
        switch port {
        case 22: .ssh
        case 23: .telnet
        case 49: .tacacs
        case 53: .dns
        case 179: .bgp
        case 514: .syslog
        default: nil
        }
    }

    private static func ofUDP(_ port: Int, isDestination: Bool) -> ExpectedControl? {
        switch port {
        case 53: .dns
        case 67, 68: .dhcp
        case 123: .ntp
        case 161, 162: .snmp
        case 319, 320: .ptp
        case 514: .syslog
        case 546, 547: .dhcpv6
        case 1812, 1813: .radius
        // Its source port is any from 49152 on (RFC 5881).
        case 3784, 3785, 4784: isDestination ? .bfd : nil
        default: nil
        }
    }
}
