import Glibc

/// TCP ports of this machine's loopback.
enum Loopback {
    /// A port that nobody listens on, chosen by the kernel.
    static func freePort() throws -> UInt16 {
        let (socket, port) = try bound()
        close(socket)
        return port
    }

    /// A socket that listens on a port of the kernel's choice and does not block.
    static func listener() throws -> (socket: Int32, port: UInt16) {
        let (socket, port) = try bound()
        guard listen(socket, 16) == 0, fcntl(socket, F_SETFL, O_NONBLOCK) == 0 else {
            defer { close(socket) }
            throw SocketFailure(number: errno)
        }
        return (socket, port)
    }

    /// A connected socket.
    static func connection(to port: UInt16) throws -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard withAddress(port: port, { connect(socket, $0, $1) }) == 0 else {
            defer { close(socket) }
            throw SocketFailure(number: errno)
        }
        return socket
    }

    /// Whether somebody accepts connections there.
    static func isListening(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        return withAddress(port: port) { address, length in connect(socket, address, length) } == 0
    }

    private static func bound() throws -> (socket: Int32, port: UInt16) {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var port: UInt16 = 0
        let result = withAddress(port: 0) { address, length in
            var length = length
            let result = bind(socket, address, length) | getsockname(socket, address, &length)
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { port = $0.pointee.sin_port.bigEndian }
            return result
        }
        guard socket >= 0, result == 0 else {
            defer { close(socket) }
            throw SocketFailure(number: errno)
        }
        return (socket, port)
    }

    private static func withAddress(
        port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// Accepts connections and breaks them.
final class ConnectionBreaker: Sendable {
    let port: UInt16
    private let socket: Int32

    init() throws {
        (socket, port) = try Loopback.listener()
    }

    /// Waits for so many connections and resets each.
    func breakConnections(_ count: Int, within limit: Duration = .seconds(20).stretched) async throws {
        let deadline = ContinuousClock.now + limit
        var broken = 0
        while broken < count {
            guard ContinuousClock.now < deadline else { throw SocketFailure(number: ETIMEDOUT) }
            let connection = accept(socket, nil, nil)
            guard connection >= 0 else {
                try await Task.sleep(for: .milliseconds(5))
                continue
            }
            // With a linger time of 0 a close is a reset.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            close(connection)
            broken += 1
        }
    }

    /// Frees the port.
    func stop() {
        close(socket)
    }
}

struct SocketFailure: Error {
    let number: Int32
}
