/// What this program was built from; stamped by the Makefile.
public struct BuildInfo: Sendable, Hashable {
    /// On a tag `v1.2.3` `release/mark-v1-2-3`, else `dev`.
    public let version: String
    /// Short commit.
    public let commit: String
    /// UTC, RFC 3339.
    public let date: String

    public init(version: String, commit: String, date: String) {
        self.version = version
        self.commit = commit
        self.date = date
    }
}
