/// What `detail` `qos` counts: packets by what their headers say. Estimates where the job samples.
public struct QoSCounters: Hashable, Sendable {
    /// By the type-of-service byte of IPv4 or the traffic class of IPv6: 256.
    public var typeOfService: [UInt64]
    /// By TCP's flags: FIN is 1, SYN 2, RST 4; 8 in all.
    public var tcpFlags: [UInt64]
    /// By `ControlProtocol`.
    public var control: [UInt64]
    /// IP fragments, the first ones too.
    public var fragments: UInt64
    /// RoCEv2 (UDP port 4791), and of these the congestion notifications (BTH opcode 0x81).
    public var rocev2: UInt64
    public var rocev2CNP: UInt64

    public init() {
        typeOfService = Array(repeating: 0, count: 256)
        tcpFlags = Array(repeating: 0, count: 8)
        control = Array(repeating: 0, count: ControlProtocol.allCases.count)
        (fragments, rocev2, rocev2CNP) = (0, 0, 0)
    }

    /// Packets by DSCP (RFC 2474): 64.
    public var dscp: [UInt64] {
        (0..<64).map { dscp in typeOfService[dscp * 4..<dscp * 4 + 4].reduce(0, &+) }
    }

    /// Packets by ECN (RFC 3168): Not-ECT, ECT(1), ECT(0), CE.
    public var ecn: [UInt64] {
        (0..<4).map { ecn in stride(from: ecn, to: 256, by: 4).reduce(0) { $0 &+ typeOfService[$1] } }
    }

    public var tcpFIN: UInt64 { packets(flag: 1) }
    public var tcpSYN: UInt64 { packets(flag: 2) }
    public var tcpRST: UInt64 { packets(flag: 4) }

    private func packets(flag: Int) -> UInt64 {
        tcpFlags.indices.reduce(0) { $0 &+ ($1 & flag != 0 ? tcpFlags[$1] : 0) }
    }
}

/// Protocols of the control plane that reach a switch's CPU; a packet is of one at most. The raw value plus one is the
/// cell of the kernel's table.
public enum ControlProtocol: Int, CaseIterable, Hashable, Sendable {
    case arp, nd, lldp, lacp, stp, eapol, ptp, icmp, igmp, ospf, pim, vrrp, bgp, bfd, dhcp, dhcpv6, dns, ntp, snmp, ssh
    case telnet, tacacs, radius, syslog

    /// The name in STATE_DB's fields and in the metrics.
    public var name: String { Self.names[rawValue] }
    private static let names = allCases.map { String(describing: $0) }
}
