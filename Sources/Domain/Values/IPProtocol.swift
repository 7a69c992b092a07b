/// IP protocol numbers by their IANA names, in lower case.
public enum IPProtocol {
    /// Those that people filter by; any other goes by its number.
    static let numbers: [String: UInt8] = [
        "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "igp": 9, "udp": 17, "dccp": 33, "ipv6": 41, "rsvp": 46,
        "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "eigrp": 88, "ospf": 89, "etherip": 97, "pim": 103,
        "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124, "sctp": 132, "fc": 133, "udplite": 136, "mpls": 137,
        "shim6": 140, "rohc": 142, "ethernet": 143,
    ]

    private static let names = Dictionary(uniqueKeysWithValues: numbers.map { ($1, $0) })

    /// Nil when `text` is neither a name of the table nor a number of 0...255.
    static func number(_ text: String) -> UInt8? { numbers[text] ?? UInt8(plainDecimal: text) }

    /// The name if there is one, else the number.
    public static func text(_ number: UInt8) -> String { names[number] ?? String(number) }
}
