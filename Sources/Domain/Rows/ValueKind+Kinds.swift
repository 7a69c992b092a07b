extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
    /// One of an enumeration's words.
    static var choice: Self {
        Self(form: .choice(Value.allCases.map(\.rawValue)), read: { Value(rawValue: $0) }, write: { $0.rawValue })
    }
}

extension ValueKind where Value: FixedWidthInteger {
    /// A decimal number: digits only, without leading zeros.
    static func number(_ range: ClosedRange<Value>) -> Self {
        Self(
            form: .number(UInt32(range.lowerBound)...UInt32(range.upperBound)),
            read: { Value(plainDecimal: $0).flatMap { range.contains($0) ? $0 : nil } },
            write: { String($0) })
    }
}

extension ValueKind<Bool> {
    static var flag: Self {
        Self(form: .choice(["true", "false"]), read: { ["true": true, "false": false][$0] }, write: { String($0) })
    }
}

extension ValueKind where Value: CustomStringConvertible {
    /// Text of a form of its own, named as in the YANG model.
    private static func shape(
        _ typedef: String, _ allowed: String, read: @escaping @Sendable (String) -> Value?
    ) -> Self {
        Self(form: .shape(typedef: typedef, allowed: allowed), read: read, write: { $0.description })
    }
}

extension ValueKind<NetdevName> {
    private static var allowed: String {
        "a netdev name (1 to 15 letters, digits, dots, dashes or underscores, "
            + "first a letter or digit, no two dots in a row)"
    }

    /// A port, a PortChannel or another netdev: the model looks ports up, the agent waits for them to appear.
    static var port: Self { shape("port-name", allowed) { NetdevName($0) } }
    /// Any netdev.
    static var netdev: Self { shape("netdev-name", allowed) { NetdevName($0) } }
}

extension ValueKind<IPv4Address> {
    static var ipv4: Self {
        shape("inet:ipv4-address-no-zone", "an IPv4 address such as 192.0.2.1") { IPv4Address($0) }
    }
}

extension ValueKind<IPPrefix> {
    static var prefix: Self {
        shape("inet:ip-prefix", "an IPv4 or IPv6 prefix without host bits, such as 192.0.2.0/24") { IPPrefix($0) }
    }
}

extension ValueKind<UnixTime> {
    static var time: Self { shape("utc-time", "a time in UTC such as 2026-01-31T12:00:00Z") { UnixTime(rfc3339: $0) } }
}

extension ValueKind<String> {
    /// Text for people; control characters are refused in every field.
    static var text: Self {
        shape("plain-text", "at most 255 bytes without control characters") { $0.utf8.count <= 255 ? $0 : nil }
    }

    static var endpoint: Self {
        shape("otlp-endpoint", "host:port or an http(s) URL such as http://192.0.2.1:4318") {
            CollectorEndpoint.isValid($0) ? $0 : nil
        }
    }
}

extension ValueKind<UInt8> {
    static var ipProtocol: Self {
        Self(
            form: .shape(typedef: "ip-protocol", allowed: "a protocol such as tcp, or 0 to 255"),
            read: IPProtocol.number, write: IPProtocol.text)
    }
}
