extension GlobalRow {
    /// The fields of `TELEGEN|global`.
    static let fieldRules: [FieldRule<GlobalRow>] = [
        .optional("admin_state", .choice, \.adminState),
        .optional("otlp_endpoint", .endpoint, \.otlpEndpoint),
        .optional("otlp_protocol", .choice, \.otlpProtocol),
        .optional("otlp_interval", .number(1...3600), \.otlpInterval),
        .optional("status_interval", .number(1...300), \.statusInterval),
        .optional("max_jobs", .number(1...4096), \.maxJobs),
    ]

    /// Reads the fields of the row as they are in Redis. A bad value leaves its field unset; that and each unknown
    /// field adds a sentence to `problems`.
    public static func parse(_ fields: [String: String]) -> (row: GlobalRow, problems: [String]) {
        let raw: RawRow
        do { raw = try RawRow(fields, rules: fieldRules) } catch { return (GlobalRow(), [error.reason]) }
        var row = GlobalRow()
        var problems: [String] = []
        for rule in fieldRules {
            guard let text = raw.values[rule.name] else { continue }
            do { try rule.apply(text, to: &row) } catch { problems.append(error.reason) }
        }
        return (row, problems + raw.warnings)
    }
}
