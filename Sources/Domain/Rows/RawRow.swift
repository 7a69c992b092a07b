/// The fields of a row before their values are read.
struct RawRow: Sendable {
    /// The text of each known field that is set, by the field's name without `@`.
    let values: [String: String]
    /// Sentences about unknown fields and about lists that are there in both forms.
    let warnings: [String]

    /// Throws for a row of more than `RowLimits.fields` fields.
    init<Row>(_ fields: [String: String], rules: [FieldRule<Row>]) throws(RowError) {
        guard fields.count <= RowLimits.fields else {
            throw RowError("the row has \(fields.count) fields: must have at most \(RowLimits.fields)")
        }
        var rest = fields
        var values: [String: String] = [:]
        var warnings: [String] = []
        for rule in rules {
            let marked = rule.markedName.flatMap { rest.take($0) }
            let plain = rest.take(rule.name)
            values[rule.name] = marked ?? plain
            if let markedName = rule.markedName, marked != nil, plain != nil {
                warnings.append("\(rule.name): set both as \(markedName) and as \(rule.name), \(markedName) counts")
            }
        }
        self.values = values
        self.warnings = warnings + Self.warnings(ofUnknown: rest.keys.sorted())
    }

    private static func warnings(ofUnknown names: [String]) -> [String] {
        let named = names.prefix(RowLimits.unknownFieldsNamed).map { "unknown field \($0.quoted): ignored" }
        let others = names.count - named.count
        return others > 0 ? named + ["\(others) more unknown fields: ignored"] : named
    }
}

extension [String: String] {
    /// Removes a field and returns its value; an empty one is an unset one.
    fileprivate mutating func take(_ name: String) -> String? {
        removeValue(forKey: name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
