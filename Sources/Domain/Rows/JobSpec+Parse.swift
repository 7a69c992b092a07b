/// A row of `TELEGEN_JOB` that could be understood.
public struct ParsedJob: Hashable, Sendable {
    public var spec: JobSpec
    /// Sentences for the job's `warnings`: what in the row was ignored.
    public var warnings: [String]

    public init(spec: JobSpec, warnings: [String] = []) {
        self.spec = spec
        self.warnings = warnings
    }
}

extension JobSpec {
    /// Reads the fields of a row as they are in Redis: lists as `vlan@` or `vlan`, without the marker `NULL`.
    ///
    /// Unknown fields become warnings. Numbers are plain decimals: no sign, no spaces, no leading zeros. List entries
    /// stand between commas without spaces. Time and memory are bounded whatever the row holds.
    public static func parse(_ fields: [String: String]) throws(RowError) -> ParsedJob {
        let row = try RawRow(fields, rules: fieldRules)
        guard let port = row.values[requiredField] else { throw RowError("\(requiredField): must be given") }
        var spec = JobSpec(port: try ValueKind.port.value(of: port, in: requiredField))
        for rule in fieldRules {
            if let text = row.values[rule.name] { try rule.apply(text, to: &spec) }
        }
        try spec.checkFieldsTogether()
        return ParsedJob(spec: spec, warnings: row.warnings)
    }

    private func checkFieldsTogether() throws(RowError) {
        if let source = filter.sourcePrefix, let destination = filter.destinationPrefix,
            source.address.bitCount != destination.address.bitCount
        {
            throw RowError("src_prefix", "\(source)", must: "be of the family of dst_prefix \(destination)")
        }
        if mirrorMode == .asic, sinkPort == nil {
            throw RowError("sink_port: must be given when mirror_mode is asic")
        }
    }
}
