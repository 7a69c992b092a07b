import Glibc
import Logging

/// Where the HTTP API listens, and who may enter.
public struct HTTPSettings: Sendable {
    /// `TELEGEN_LISTEN`.
    public var address = ListenAddress.standard
    /// `TELEGEN_TLS_CERT`, `TELEGEN_TLS_KEY`, `TELEGEN_TLS_CLIENT_CA`; nil: plain text.
    public var tls: TLSFiles?
    /// `TELEGEN_TOKENS`: a file with the hashes of tokens; nil: none is needed.
    public var tokens: String?
    /// `TELEGEN_API_ALLOW`.
    public var permissions: Set<APIPermission> = []
    /// `TELEGEN_LISTEN_MODE`: of a Unix socket.
    public var socketMode: mode_t = 0o600
    /// `TELEGEN_LISTEN_GROUP`: of a Unix socket; nil: the agent's.
    public var socketGroup: String?

    public init() {}

    /// Why it must not listen there; nil: it may. Beyond this machine others read along and come in.
    public var refusal: String? {
        guard !address.isLocal else { return nil }
        if tokens == nil {
            return """
                not listening on \(address): beyond this machine a token is needed: name a file of tokens in \
                TELEGEN_TOKENS (see telegen-sonic token), or set TELEGEN_LISTEN to 127.0.0.1:PORT or unix:/path
                """
        }
        if tls == nil && !permissions.contains(.remotePlain) {
            return """
                not listening on \(address): beyond this machine TLS is needed: set TELEGEN_TLS_CERT and \
                TELEGEN_TLS_KEY, or allow plain text by TELEGEN_API_ALLOW=remote-plain
                """
        }
        return nil
    }

    /// What is wrong with the files of TLS and tokens; nil: nothing. Reads them.
    public var fileProblem: String? {
        do { _ = try tls?.context() } catch { return "\(error)" }
        return tokens.flatMap { Tokens.problem($0) }
    }

    /// Lets those use the socket at `path` who may; until then nobody but the agent's own user can.
    func open(_ path: String, _ logger: Logger) {
        if let socketGroup {
            guard let group = getgrnam(socketGroup) else {
                return logger.error("TELEGEN_LISTEN_GROUP=\(socketGroup): no such group; \(path) is the agent's alone")
            }
            guard chown(path, uid_t.max, group.pointee.gr_gid) == 0 else {
                return logger.error(
                    "cannot give \(path) to the group \(socketGroup): \(String(cString: strerror(errno)))")
            }
        }
        chmod(path, socketMode)
    }
}

/// What an operator allows requests by name (`TELEGEN_API_ALLOW`).
public enum APIPermission: String, CaseIterable, Sendable {
    /// To name tunnel end points.
    case tunnelEnds = "tunnel-ends"
    /// To come from beyond this machine in plain text, where whoever is on the way reads tokens.
    case remotePlain = "remote-plain"
}
