import FoundationEssentials

/// A JSON text (RFC 8259), as requests bring it and answers take it.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is not whole, or too large for 64 bits.
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// Throws for bytes that are no JSON text in UTF-8.
    public init(_ bytes: [UInt8]) throws {
        // The decoder would take other encodings too, by the zeros in them.
        guard !bytes.contains(0) else { throw Problem.bad("the body has a zero byte") }
        self = try JSONDecoder().decode(JSON.self, from: Data(bytes))
    }

    /// The same value is always the same bytes.
    public var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    public subscript(member: String) -> JSON? {
        if case .object(let members) = self { members[member] } else { nil }
    }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .array(let array): try container.encode(array)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSON {
    /// A number of a row, else null.
    init(number text: String?) { self = text.flatMap { Int64($0) }.map { .integer($0) } ?? .null }

    /// A text of a row; null when it is unset.
    public init(text: String?) { self = text.flatMap { $0.isEmpty ? nil : .string($0) } ?? .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
}

extension JSON {
    /// A member as text; empty for what is unknown.
    public func text(_ member: String) -> String { self[member]?.plain ?? "" }

    /// A member as a whole number; 0 for what is unknown.
    public func number(_ member: String) -> Int64 { self[member]?.whole ?? 0 }

    /// A member's elements.
    public func array(_ member: String) -> [JSON] {
        if case .array(let values)? = self[member] { values } else { [] }
    }

    func grouped(_ member: String) -> String { Figures.grouped(number(member)) }
    func short(_ member: String, _ unit: String) -> String { Figures.short(number(member), unit) }

    var whole: Int64 {
        if case .integer(let number) = self { number } else { 0 }
    }

    /// A value as text; empty for null, arrays and objects.
    public var plain: String {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let bool): String(bool)
        case .null, .array, .object: ""
        }
    }
}
