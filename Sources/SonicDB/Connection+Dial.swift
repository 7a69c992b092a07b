import CHiredis
import Glibc

extension Connection {
    /// Begins to connect, without waiting.
    static func dial(_ endpoint: DatabaseEndpoint) throws(RedisError) -> UnsafeMutablePointer<redisContext> {
        let context: UnsafeMutablePointer<redisContext>?
        switch endpoint.address {
        case .unix(let path):
            guard path.utf8.count <= 107 else {
                throw .unavailable(endpoint, cause: "a socket's path has at most 107 bytes")
            }
            context = redisConnectUnixNonBlock(path)
        case .tcp(let host, let port):
            guard let port = UInt16(exactly: port) else {
                throw .unavailable(endpoint, cause: "\(port) is not a port")
            }
            context = redisConnectNonBlock(host, Int32(port))
        }
        guard let context else { throw .unavailable(endpoint, cause: "out of memory") }
        return context
    }

    /// Waits until the connection stands.
    static func finishDialing(
        _ context: UnsafeMutablePointer<redisContext>, _ endpoint: DatabaseEndpoint, until deadline: Instant,
        _ interrupt: Interrupt?
    ) throws(RedisError) {
        guard context.pointee.err == 0 else { throw .unavailable(endpoint, cause: errorText(context)) }
        let descriptor = context.pointee.fd
        // hiredis leaves it to be inherited by the programs that the agent starts.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        switch awaitReady(descriptor, for: POLLOUT, until: deadline, interrupt: interrupt) {
        case .ready: break
        case .timedOut: throw .unavailable(endpoint, cause: "no connection in time")
        case .interrupted: throw .unavailable(endpoint, cause: "interrupted")
        }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        guard error == 0 else { throw .unavailable(endpoint, cause: String(cString: strerror(error))) }
    }

    /// Connects, selects the database and names the connection.
    static func open(
        _ endpoint: DatabaseEndpoint, name: String, until deadline: Instant, interrupt: Interrupt? = nil
    ) throws(RedisError) -> Connection {
        var connection = try Connection(to: endpoint, until: deadline, interrupt: interrupt)
        // A name that is refused, by an old or restricted server, is no reason to do without the database.
        let greeting = [["SELECT", String(endpoint.id)], ["CLIENT", "SETNAME", name]]
        try connection.send(greeting, until: deadline)
        let selected = try connection.reply(until: deadline)
        if let message = selected.errorMessage { throw .server(endpoint, message: message) }
        guard selected == .status("OK") else {
            throw .unexpectedReply(endpoint, detail: "SELECT was answered with \(selected.summary)")
        }
        _ = try connection.reply(until: deadline)
        return connection
    }

    static func errorText(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: &context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
