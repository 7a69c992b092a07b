/// Where a collector listens.
///
/// Understands `http(s)://host[:port][/path]`, `host[:port]`, `[::1]:port`, `dns:///host[:port]` and `unix:path`.
public struct Endpoint: Sendable, Hashable {
    /// The address.
    public enum Address: Sendable, Hashable {
        /// A name or an IP address (IPv6 without brackets), and a TCP port; nil: the usual one.
        case host(String, port: Int?)
        /// The path of a Unix socket.
        case unix(path: String)
    }

    /// The address.
    public var address: Address
    /// Whether to encrypt, if the text said so: `https` yes, `http` and `unix` no.
    public var encrypted: Bool?
    /// Of a URL, without a slash at its end; for HTTP only.
    public var path: String
    /// Whether HTTP uses `path` as it is, instead of appending `/v1/metrics`.
    public var isSignalSpecific = false

    /// An endpoint.
    public init(address: Address, encrypted: Bool? = nil, path: String = "") {
        self.address = address
        self.encrypted = encrypted
        self.path = path
    }

    /// A collector on this machine.
    public static let local = Endpoint(address: .host("localhost", port: nil))
}

extension Endpoint: CustomStringConvertible {
    /// As it was given.
    public var description: String {
        switch address {
        case .unix(let path): "unix:\(path)"
        case .host(let host, let port):
            "\(scheme)\(host.contains(":") ? "[\(host)]" : host)\(port.map { ":\($0)" } ?? "")\(path)"
        }
    }

    private var scheme: String {
        switch encrypted {
        case true?: "https://"
        case false?: "http://"
        case nil: ""
        }
    }
}

/// Why a text is no endpoint.
public struct EndpointError: Error, Hashable, CustomStringConvertible {
    /// What was given.
    public var text: String
    /// What is wrong with it.
    public var problem: String

    /// One sentence that names the text, the problem and what is allowed.
    public var description: String {
        "endpoint \"\(text)\": \(problem); allowed are host, host:port, [IPv6]:port, http://host:port, "
            + "https://host:port, dns:///host:port and unix:/path; HTTP takes a path behind the port"
    }
}
