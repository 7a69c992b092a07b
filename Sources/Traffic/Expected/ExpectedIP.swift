/// What a correct reader finds in a well-formed IP header, and behind it as far as the frame goes.
public struct ExpectedIP: Hashable, Sendable {
    /// 4 or 6.
    public let version: Int
    /// Four or sixteen bytes.
    public let source: [UInt8]
    public let destination: [UInt8]
    /// IPv4's type of service or IPv6's traffic class: six bits of DSCP, two of ECN.
    public let typeOfService: Int
    /// IANA's number, behind IPv6's extension headers.
    public let proto: Int
    /// The first fragment is one too, and so is an IPv6 packet with a fragment header that is alone ("atomic").
    public let isFragment: Bool
    /// Carries no transport header.
    public let isLaterFragment: Bool
    /// Behind IP's headers, whatever its length fields say.
    public let payload: ArraySlice<UInt8>

    public var dscp: Int { typeOfService >> 2 }

    /// Nil unless the header, with its options, is there.
    init?(v4 packet: ArraySlice<UInt8>) {
        guard packet.count >= 20, packet.byte(at: 0) >> 4 == 4 else { return nil }
        let headerLength = packet.byte(at: 0) % 16 * 4
        guard headerLength >= 20, headerLength <= packet.count else { return nil }
        let fragment = packet.word(at: 6)
        version = 4
        source = Array(packet.dropFirst(12).prefix(4))
        destination = Array(packet.dropFirst(16).prefix(4))
        typeOfService = packet.byte(at: 1)
        proto = packet.byte(at: 9)
        isLaterFragment = fragment & 0x1fff != 0
        isFragment = isLaterFragment || fragment & 0x2000 != 0
        payload = packet.dropFirst(headerLength)
    }

    /// Nil unless the header is there and the chain behind it can be followed to its end.
    init?(v6 packet: ArraySlice<UInt8>) {
        guard packet.count >= 40, packet.byte(at: 0) >> 4 == 6,
            let chain = ExtensionChain(beginningWith: packet.byte(at: 6), packet.dropFirst(40))
        else { return nil }
        version = 6
        source = Array(packet.dropFirst(8).prefix(16))
        destination = Array(packet.dropFirst(24).prefix(16))
        typeOfService = packet.word(at: 0) >> 4 & 0xff
        proto = chain.proto
        isLaterFragment = chain.isLaterFragment
        isFragment = chain.hasFragmentHeader
        payload = chain.payload
    }
}
