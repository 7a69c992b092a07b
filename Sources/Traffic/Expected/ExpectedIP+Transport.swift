extension ExpectedIP {
    public struct Ports: Hashable, Sendable {
        public let source: Int
        public let destination: Int
    }

    /// Of TCP, UDP, DCCP, SCTP and UDP-Lite, when all four bytes are there.
    public var ports: Ports? {
        let portProtocols = [Proto.tcp, Proto.udp, Proto.dccp, Proto.sctp, Proto.udpLite]
        guard !isLaterFragment, portProtocols.contains(proto), payload.count >= 4 else { return nil }
        return Ports(source: payload.word(at: 0), destination: payload.word(at: 2))
    }

    /// FIN 1, SYN 2, RST 4, added up; nil when the byte of flags is not there.
    public var tcpFlags: Int? {
        guard !isLaterFragment, proto == Proto.tcp, payload.count >= 14 else { return nil }
        return payload.byte(at: 13) & 7
    }

    /// The type of an ICMPv6 message, when it is there.
    var icmp6Type: Int? {
        guard version == 6, proto == Proto.icmp6, !isLaterFragment, payload.count >= 1 else { return nil }
        return payload.byte(at: 0)
    }

    /// UDP to port 4791 (InfiniBand Architecture, Annex A17).
    public var isRoCEv2: Bool { proto == Proto.udp && ports?.destination == 4791 }

    /// Congestion notification: opcode 0x81 of the base transport header.
    public var isCongestionNotification: Bool {
        isRoCEv2 && payload.count > Transport.udpHeaderLength && payload.byte(at: Transport.udpHeaderLength) == 0x81
    }
}
