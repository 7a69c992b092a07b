import Domain

/// Rows of `TELEGEN_JOB` for tests: a valid one, changed in the fields that a test is about.
enum JobRows {
    static func parse(_ fields: [String: String] = [:]) throws -> ParsedJob {
        try JobSpec.parse(["port": "Ethernet0"].merging(fields) { $1 })
    }

    static func spec(_ fields: [String: String] = [:]) throws -> JobSpec { try parse(fields).spec }

    /// Why the row is refused; nil when it is not.
    static func refusal(_ fields: [String: String]) -> String? {
        do {
            _ = try parse(fields)
            return nil
        } catch {
            return (error as? RowError)?.reason
        }
    }
}
