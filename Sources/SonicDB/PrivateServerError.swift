/// Why the agent's own redis-server is not there.
public struct PrivateServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public var cause: String
    /// What an operator can do about it.
    public var remedy: String

    public var description: String { "private redis-server: \(cause) (\(remedy))" }
}
