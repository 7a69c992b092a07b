/// Why a row is not a job: one sentence that names field, value and what is allowed.
public struct RowError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Printable, at most a few hundred characters, whatever the row held.
    public let reason: String

    init(_ reason: String) { self.reason = reason }

    /// `direction "sideways": must be ingress, egress or both`
    init(_ field: String, _ value: String, must requirement: String) {
        reason = "\(field) \(value.quoted): must \(requirement)"
    }

    public var description: String { reason }
}
