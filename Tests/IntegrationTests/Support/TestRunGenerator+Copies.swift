@testable import Traffic

/// Packets of mirrors: random ones in tunnels of every type, half of them damaged somewhere.
extension PacketGenerator {
    /// Nil when such a packet cannot be run, or nobody can say what it is.
    mutating func nextCopy() -> TestPacket? {
        var tunnel = pick(Encapsulation.variants)
        tunnel.sequence = tunnel.sequence.map { _ in UInt32(truncatingIfNeeded: random.next()) }
        tunnel.isTruncated = oneIn(4)
        tunnel.strippedTag = tunnel.version == .typeII && oneIn(4) ? number(1...4095) : 0
        tunnel.padding = oneIn(4) ? number(1...40) : 0
        tunnel.frameType = oneIn(10) ? number(1...31) : 0
        var packet = tunnel.wrap(next().bytes)
        if oneIn(2) { packet = mutated(packet) }
        return TestPacket(
            tunnel: packet,
            with: ExpectedCopy(in: packet, session: tunnel.session, remote: tunnel.remote, local: tunnel.local))
    }
}
