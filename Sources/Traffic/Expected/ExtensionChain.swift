/// IPv6's chain of next headers (RFC 8200), followed to its end.
struct ExtensionChain {
    /// What the chain ends in. Behind the header of a later fragment there is payload, which has no further header.
    let proto: Int
    let hasFragmentHeader: Bool
    let isLaterFragment: Bool
    /// Behind the last extension header.
    let payload: ArraySlice<UInt8>

    private static let longest = 8

    /// Nil when a header does not fit, or when there are more than eight.
    init?(beginningWith first: Int, _ bytes: ArraySlice<UInt8>) {
        var next = first
        var rest = bytes
        var headers = 0
        var hasFragmentHeader = false
        var isLaterFragment = false
        while !isLaterFragment, Self.isExtension(next) {
            headers += 1
            guard headers <= Self.longest, let length = Self.length(of: next, rest) else { return nil }
            if next == Proto.fragment {
                hasFragmentHeader = true
                isLaterFragment = rest.word(at: 2) >> 3 != 0
            }
            next = rest.byte(at: 0)
            rest = rest.dropFirst(length)
        }
        proto = Self.isExtension(next) ? Proto.none : next
        self.hasFragmentHeader = hasFragmentHeader
        self.isLaterFragment = isLaterFragment
        payload = rest
    }

    /// Hop-by-hop, routing, fragment, authentication, destination options, mobility, host identity, shim6.
    private static func isExtension(_ number: Int) -> Bool {
        [0, 43, Proto.fragment, 51, 60, 135, 139, 140].contains(number)
    }

    /// Nil when the header does not fit.
    private static func length(of number: Int, _ rest: ArraySlice<UInt8>) -> Int? {
        guard rest.count >= 8 else { return nil }
        let units = rest.byte(at: 1)
        let length =
            switch number {
            case Proto.fragment: 8
            case 51: (units + 2) * 4
            default: (units + 1) * 8
            }
        return length <= rest.count ? length : nil
    }
}
