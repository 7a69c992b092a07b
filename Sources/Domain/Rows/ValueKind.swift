/// A kind of value that fields have: how its text is read and written, and what is allowed.
struct ValueKind<Value: Sendable>: Sendable {
    let form: ValueForm
    /// Nil for text that is not such a value. Called with at most `RowLimits.valueBytes` of text.
    let read: @Sendable (String) -> Value?
    /// The canonical text.
    let write: @Sendable (Value) -> String

    /// Reads the value of `field`.
    func value(of text: String, in field: String) throws(RowError) -> Value {
        guard let value = read(text) else { throw RowError(field, text, must: "be \(form.allowed)") }
        return value
    }
}

/// What is allowed in a field, as data: the messages are made of it, and the YANG model is compared with it.
enum ValueForm: Hashable, Sendable {
    case choice([String])
    case number(ClosedRange<UInt32>)
    /// Text of a form that has a name in the YANG model, where its patterns are.
    case shape(typedef: String, allowed: String)

    /// The end of a sentence that begins with "must be".
    var allowed: String {
        switch self {
        case .choice(let words):
            [words.dropLast().joined(separator: ", "), words.last ?? ""].filter { !$0.isEmpty }
                .joined(separator: " or ")
        case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .shape(_, let allowed): allowed
        }
    }
}

/// How much of a row is looked at: no row can cost more than a little time and memory.
enum RowLimits {
    static let fields = 256
    static let valueBytes = 1024
    static let listEntries = 64
    static let unknownFieldsNamed = 8
}
