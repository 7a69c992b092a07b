/// An IPv6 address.
public struct IPv6Address: Hashable, Sendable {
    /// The address as a number: ::1 is 1.
    public let bits: UInt128

    public init(bits: UInt128) { self.bits = bits }

    /// Nil when `text` is none of the forms of RFC 4291 section 2.2. Zones (`%eth0`) are refused.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45, let groups = Self.groups(of: Array(text.utf8)) else { return nil }
        bits = groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func groups(of bytes: [UInt8]) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        guard let gap = zip(bytes, bytes.dropFirst()).enumerated().first(where: { $1 == (colon, colon) })?.offset else {
            guard let all = groups(in: bytes[...], mayEndInIPv4: true), all.count == 8 else { return nil }
            return all
        }
        guard let head = groups(in: bytes[..<gap], mayEndInIPv4: false),
            let tail = groups(in: bytes[(gap + 2)...], mayEndInIPv4: true), head.count + tail.count <= 7
        else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func groups(in bytes: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        let parts = String(decoding: bytes, as: UTF8.self).parts(separatedBy: ":")
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if let group = hexadecimal(part) {
                groups.append(group)
            } else if mayEndInIPv4, index == parts.count - 1, let address = IPv4Address(part) {
                groups += [UInt16(address.bits >> 16), UInt16(truncatingIfNeeded: address.bits)]
            } else {
                return nil
            }
        }
        return groups
    }

    private static func hexadecimal(_ text: Substring) -> UInt16? {
        guard (1...4).contains(text.utf8.count), text.utf8.first?.isAlphanumeric == true else { return nil }
        return UInt16(text, radix: 16)
    }
}

extension IPv6Address: CustomStringConvertible {
    /// The one text of RFC 5952: lower case, the longest run of zero groups as `::`.
    public var description: String {
        if bits >> 32 == 0xffff { return "::ffff:\(IPv4Address(bits: UInt32(truncatingIfNeeded: bits)))" }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> $0) }
        let gap = Self.longestZeroRun(groups)
        guard gap.count >= 2 else { return Self.text(groups[...]) }
        return Self.text(groups[..<gap.lowerBound]) + "::" + Self.text(groups[gap.upperBound...])
    }

    private static func text(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 }
            if index + 1 - start > longest.count { longest = start..<(index + 1) }
        }
        return longest
    }
}
