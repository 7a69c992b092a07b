/// A job's name: the key of its row behind `TELEGEN_JOB|`. 1 to 64 characters of `[-a-zA-Z0-9_]`, the first of
/// `[a-zA-Z0-9]`.
public struct JobName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Nil when `text` is not a job name.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), let first = bytes.first, first.isAlphanumeric,
            bytes.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
        else { return nil }
        self.text = text
    }

    public var description: String { text }
}

extension JobName: Comparable {
    public static func < (a: JobName, b: JobName) -> Bool { a.text < b.text }
}

/// The name of a network device: 1 to 15 characters (Linux's `IFNAMSIZ` less its final zero) of `[A-Za-z0-9._-]`, the
/// first of `[A-Za-z0-9]`, without `..`, so that it is also safe in a path and as a process argument.
public struct NetdevName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Nil when `text` is not such a name.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...15).contains(bytes.count), let first = bytes.first, first.isAlphanumeric,
            bytes.allSatisfy({ $0.isAlphanumeric || "._-".utf8.contains($0) }),
            !text.contains("..")
        else { return nil }
        self.text = text
    }

    public var description: String { text }
}

extension NetdevName: Comparable {
    public static func < (a: NetdevName, b: NetdevName) -> Bool { a.text < b.text }
}

extension UInt8 {
    /// ASCII letters and digits only; `Character.isLetter` would let other scripts in.
    var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
