import Domain
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle

/// Listens, and tries again when that fails: whatever becomes of the door, the agent counts on.
public struct HTTPService: Service {
    private let address: ListenAddress
    private let api: API
    private let logger: Logger

    public init(
        _ address: ListenAddress, jobs: JobFacade, about: API.About, tokens: Tokens, logger: Logger
    ) {
        api = API(jobs: jobs, about: about, tokens: tokens, logger: logger)
        (self.address, self.logger) = (address, logger)
    }

    public func run() async {
        await withTaskGroup { group in
            group.addTask { await cancelWhenGracefulShutdown { await sweep() } }
            await listen()
            group.cancelAll()
        }
    }

    /// Removes what is of no more use, now and then.
    private func sweep() async {
        repeat {
            // What cannot be removed now is removed in an hour.
            let removed = (try? await api.jobs.sweep()) ?? 0
            if removed > 0 { logger.notice("removed \(removed) jobs that were made over HTTP and ended a day ago") }
        } while (try? await Task.sleep(for: .seconds(3600))) != nil
    }

    private func listen() async {
        var complained = false
        while !Task.isCancelled && !Task.isShuttingDownGracefully {
            do {
                if case .unix(let path) = address.kind { try UnixSocket.clear(path) }
                try await application.run()
                return
            } catch {
                if !complained {
                    logger.error(
                        "cannot listen on \(address): \(error); tried again by itself (TELEGEN_LISTEN sets another address)"
                    )
                }
                complained = true
            }
            let pause: Void? = try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(5)) }
            guard pause != nil else { return }
        }
    }

    private var application: some ApplicationProtocol {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let limits = HTTP1Channel.Configuration(
            idleTimeout: .seconds(30),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64))
        return Application(
            router: api.router(), server: .http1(configuration: limits),
            configuration: .init(
                address: address.bind, serverName: "telegen-sonic",
                availableConnectionsDelegate: .maximum(256, logger: quiet)),
            onServerRunning: { [logger, address] _ in
                if case .unix(let path) = address.kind { chmod(path, 0o600) }
                logger.notice("listening on \(address)")
            }, logger: quiet)
    }
}

private enum UnixSocket {
    /// Removes the socket that a killed agent has left; one that somebody answers on, or another file, stays.
    static func clear(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        if result != 0, errno == ECONNREFUSED { unlink(path) }
    }
}

/// `TELEGEN_LISTEN`.
public struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    fileprivate enum Kind: Hashable {
        case tcp(host: String, port: UInt16)
        case unix(path: String)
    }

    fileprivate let kind: Kind

    public static let standard = ListenAddress(kind: .tcp(host: "127.0.0.1", port: 8080))

    fileprivate init(kind: Kind) { self.kind = kind }

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
