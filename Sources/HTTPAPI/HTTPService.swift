import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle

/// Listens, and tries again when that fails: whatever becomes of the door, the agent counts on.
public struct HTTPService: Service {
    private let settings: HTTPSettings
    private let api: API
    private let logger: Logger

    public init(_ settings: HTTPSettings, jobs: JobFacade, about: API.About, logger: Logger) {
        let guards = Doorkeeper(
            tokens: Tokens(path: settings.tokens, logger: logger), isLocal: settings.address.isLocal, logger: logger)
        api = API(jobs: jobs, about: about, guards: guards, feed: JobFeed(jobs.store, logger: logger))
        (self.settings, self.logger) = (settings, logger)
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
                if case .unix(let path) = settings.address.kind { try UnixSocket.clear(path) }
                try await application.run()
                return
            } catch {
                if !complained {
                    logger.error(
                        "cannot listen on \(settings.address): \(error); tried again by itself (TELEGEN_LISTEN sets another address)"
                    )
                }
                complained = true
            }
            let pause: Void? = try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(5)) }
            guard pause != nil else { return }
        }
    }

    private var application: some ApplicationProtocol {
        get throws {
            let tls = try settings.tls.map { try ReloadingTLS($0, logger: logger) }
            let connections = Connections(maximum: Self.maximumConnections)
            let limits = HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionWatch(connections)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64))
            let server = HTTPServerBuilder { responder in
                let plain = HTTP1Channel(responder: responder, configuration: limits)
                return tls.map { EncryptedChannel(base: plain, tls: $0) } ?? plain
            }
            var quiet = logger
            quiet.logLevel = max(.warning, logger.logLevel)
            return Application(
                router: api.router(), server: server,
                configuration: .init(address: settings.address.bind, serverName: "telegen-sonic"),
                onServerRunning: { [logger, settings] _ in
                    if case .unix(let path) = settings.address.kind { settings.open(path, logger) }
                    logger.notice("listening on \(settings.address)\(settings.tls == nil ? "" : " with TLS")")
                }, logger: quiet)
        }
    }

    private static let maximumConnections = 256
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
