/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number: 192.0.2.1 is 0xC000_0201.
    public let bits: UInt32

    public init(bits: UInt32) { self.bits = bits }

    /// Nil when `text` is not four decimal numbers of 0...255 between dots. Leading zeros, which some programs read
    /// as octal, are refused.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 15 else { return nil }
        let octets = text.parts(separatedBy: ".").map { UInt8(plainDecimal: $0) }
        guard octets.count == 4 else { return nil }
        var bits: UInt32 = 0
        for octet in octets {
            guard let octet else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        self.bits = bits
    }

    public var description: String {
        [24, 16, 8, 0].map { String(bits >> $0 & 0xff) }.joined(separator: ".")
    }
}
