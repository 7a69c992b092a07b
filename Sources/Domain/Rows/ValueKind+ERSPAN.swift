extension ValueKind<TypeOfService> {
    static var typeOfService: Self {
        Self(
            form: .shape(typedef: "type-of-service", allowed: "inherit, or 0 to 255"),
            read: TypeOfService.init, write: \.description)
    }
}

extension TypeOfService: CustomStringConvertible {
    /// As a row and the environment say it: `inherit`, or 0 to 255.
    public init?(_ text: String) {
        if text == "inherit" {
            self = .inherit
        } else if let value = UInt8(plainDecimal: text) {
            self = .value(value)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .inherit: "inherit"
        case .value(let value): "\(value)"
        }
    }
}

extension ValueKind<UInt16> {
    /// An EtherType in decimal or, behind `0x`, one to four hexadecimal digits.
    static var greType: Self {
        Self(
            form: .shape(typedef: "gre-type", allowed: "0 to 65535, in decimal or hexadecimal such as 0x88be"),
            read: { text in
                guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return UInt16(plainDecimal: text) }
                let digits = text.dropFirst(2)
                guard (1...4).contains(digits.utf8.count), digits.utf8.first?.isAlphanumeric == true else { return nil }
                return UInt16(digits, radix: 16)
            },
            write: { "0x" + String($0, radix: 16) })
    }
}
