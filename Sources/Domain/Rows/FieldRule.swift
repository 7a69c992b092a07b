/// What is known of one field of a table's rows. The list of them is the only place that names a table's fields:
/// parser, messages and the comparison with the YANG model all work from it.
struct FieldRule<Row: Sendable>: Sendable {
    let name: String
    let form: ValueForm
    /// For lists: `name@`, as SONiC stores them, with commas between the values. They are understood without `@` too.
    let markedName: String?
    /// The canonical text of the field in a row; nil when it holds nothing.
    let text: @Sendable (Row) -> String?
    private let store: @Sendable (String, inout Row) throws(RowError) -> Void

    /// Reads `text` into the row.
    func apply(_ text: String, to row: inout Row) throws(RowError) {
        guard text.utf8.count <= RowLimits.valueBytes else {
            throw RowError(name, text, must: "have at most \(RowLimits.valueBytes) bytes")
        }
        guard !text.unicodeScalars.contains(where: \.isForbiddenInRows) else {
            throw RowError(name, text, must: "be valid UTF-8 without control characters")
        }
        try store(text, &row)
    }
}

extension FieldRule {
    typealias Path<Value> = WritableKeyPath<Row, Value> & Sendable

    /// A field that always has a value.
    static func one<Value>(_ name: String, _ kind: ValueKind<Value>, _ path: Path<Value>) -> Self {
        Self(
            name: name, form: kind.form, markedName: nil,
            text: { kind.write($0[keyPath: path]) },
            store: { (text, row) throws(RowError) in row[keyPath: path] = try kind.value(of: text, in: name) })
    }

    /// A field that may be unset.
    static func optional<Value>(_ name: String, _ kind: ValueKind<Value>, _ path: Path<Value?>) -> Self {
        Self(
            name: name, form: kind.form, markedName: nil,
            text: { $0[keyPath: path].map(kind.write) },
            store: { (text, row) throws(RowError) in row[keyPath: path] = try kind.value(of: text, in: name) })
    }

    /// A list in the order in which it is written; repetitions are dropped.
    static func list<Value: Equatable>(_ name: String, _ kind: ValueKind<Value>, _ path: Path<[Value]>) -> Self {
        Self(
            name: name, form: kind.form, markedName: name + "@",
            text: { joined($0[keyPath: path].map(kind.write)) },
            store: { (text, row) throws(RowError) in
                row[keyPath: path] = try entries(of: text, in: name, kind).reduce(into: []) { list, value in
                    if !list.contains(value) { list.append(value) }
                }
            })
    }

    /// A list whose order means nothing.
    static func set<Value: Hashable>(_ name: String, _ kind: ValueKind<Value>, _ path: Path<Set<Value>>) -> Self {
        Self(
            name: name, form: kind.form, markedName: name + "@",
            text: { joined($0[keyPath: path].map(kind.write).sorted()) },
            store: { (text, row) throws(RowError) in row[keyPath: path] = Set(try entries(of: text, in: name, kind)) })
    }

    private static func joined(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: ",") }

    private static func entries<Value>(
        of text: String, in name: String, _ kind: ValueKind<Value>
    ) throws(RowError) -> [Value] {
        let parts = text.parts(separatedBy: ",")
        guard parts.count <= RowLimits.listEntries else {
            throw RowError(name, text, must: "have at most \(RowLimits.listEntries) entries")
        }
        guard !parts.contains("") else { throw RowError(name, text, must: "have no empty entry between its commas") }
        var values: [Value] = []
        for part in parts { values.append(try kind.value(of: String(part), in: name)) }
        return values
    }
}
