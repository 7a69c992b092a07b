/// Why a database did not do what it was asked to.
public enum RedisError: Error, Sendable, Hashable {
    /// There is no connection, so nothing was sent: it could not be made, or the back-off after the last failure has
    /// not ended.
    case unavailable(DatabaseEndpoint, cause: String)
    /// The connection failed or timed out before all answers came; whether the commands were executed is unknown.
    case lost(DatabaseEndpoint, cause: String)
    /// The server refused; `message` is its own text.
    case server(DatabaseEndpoint, message: String)
    /// The server's answer is not what the protocol or the command allows.
    case unexpectedReply(DatabaseEndpoint, detail: String)

    public var endpoint: DatabaseEndpoint {
        switch self {
        case .unavailable(let endpoint, _), .lost(let endpoint, _), .server(let endpoint, _),
            .unexpectedReply(let endpoint, _):
            endpoint
        }
    }

    /// What went wrong, without where: the server's own text if it refused.
    public var cause: String {
        switch self {
        case .unavailable(_, let text), .lost(_, let text), .server(_, let text), .unexpectedReply(_, let text): text
        }
    }

    /// What an operator can do about it, where that is known.
    public var remedy: String? { Self.remedies.first { cause.hasPrefix($0.sign) }?.remedy }

    /// How the server's or the system's text begins, and what helps.
    private static let remedies: [(sign: String, remedy: String)] = [
        ("NOAUTH", "the agent has no password for Redis; use its Unix socket, or remove `requirepass`"),
        ("NOPERM", "grant the default user these commands and keys (ACL SETUSER)"),
        ("DENIED", "Redis is in protected mode; connect to its Unix socket or to 127.0.0.1"),
        ("READONLY", "this server is a replica; name its master in the database configuration"),
        ("LOADING", "Redis is still reading its dump; it answers when it has finished"),
        ("BUSY", "a script holds Redis; wait, or end it with SCRIPT KILL"),
        ("OOM", "Redis is at its `maxmemory`; raise it or free memory"),
        ("MISCONF", "Redis cannot write its dump; free disk space or see its log"),
        ("WRONGTYPE", "another program wrote this key as something other than a hash; delete it"),
        ("ERR max number of clients reached", "raise `maxclients`, or close other clients (CLIENT LIST)"),
        ("ERR DB index is out of range", "raise `databases` in Redis' configuration"),
        ("No such file or directory", "start redis-server, or correct the path in the database configuration"),
        ("Connection refused", "start redis-server, or correct its address in the database configuration"),
        ("Permission denied", "run the agent as root or as a member of the group that owns the socket"),
    ]
}

extension RedisError: CustomStringConvertible {
    public var description: String {
        let what =
            switch self {
            case .unavailable: "not reachable"
            case .lost: "connection lost"
            case .server: "refused"
            case .unexpectedReply: "unexpected reply"
            }
        return "\(endpoint): \(what): \(cause)" + (remedy.map { " (\($0))" } ?? "")
    }
}
