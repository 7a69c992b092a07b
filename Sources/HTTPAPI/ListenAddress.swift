import Domain
import Hummingbird

/// `TELEGEN_LISTEN`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    package let kind: Kind

    public static let standard = ListenAddress(kind: .tcp(host: "127.0.0.1", port: 8080))

    private init(kind: Kind) { self.kind = kind }

    /// `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `unix:/path`; nil for anything else.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard path.hasPrefix("/"), (2...107).contains(path.utf8.count), !path.contains("\0") else { return nil }
            kind = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard IPv6Address(host) != nil else { return nil }
        } else if host != "localhost", IPv4Address(host) == nil {
            return nil
        }
        kind = .tcp(host: host, port: port)
    }

    /// Whether only this machine reaches it.
    public var isLocal: Bool {
        switch kind {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }

    /// Whether listening there is a right of its own (ip_unprivileged_port_start of ip-sysctl.rst; 1024 unless changed).
    public var isPrivileged: Bool {
        if case .tcp(_, let port) = kind { port < 1024 } else { false }
    }

    var bind: BindAddress {
        switch kind {
        case .tcp(let host, let port): .hostname(host, port: Int(port))
        case .unix(let path): .unixDomainSocket(path: path)
        }
    }

    public var description: String {
        switch kind {
        case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
