/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Nil when `text` is neither.
    public init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// 32 or 128.
    public var bitCount: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }

    /// Whether only the first `length` bits may be ones.
    fileprivate func isZero(after length: Int) -> Bool {
        switch self {
        case .v4(let address): address.bits << length == 0
        case .v6(let address): address.bits << length == 0
        }
    }
}

/// The addresses that share their first bits: `192.0.2.0/24`, `2001:db8::/32`.
public struct IPPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The first address; the bits behind `length` are zero.
    public let address: IPAddress
    /// 0...32 or 0...128.
    public let length: Int

    /// Nil when `length` is out of range or a bit behind it is set.
    public init?(_ address: IPAddress, length: Int) {
        guard (0...address.bitCount).contains(length), address.isZero(after: length) else { return nil }
        self.address = address
        self.length = length
    }

    /// Nil when `text` is not address and length with a slash between, or names a host inside the prefix.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 49 else { return nil }
        let parts = text.parts(separatedBy: "/")
        guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(plainDecimal: parts[1])
        else { return nil }
        self.init(address, length: length)
    }

    public var description: String { "\(address)/\(length)" }
}
