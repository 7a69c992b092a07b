import Glibc

/// What a socket connects to or listens at.
struct SocketAddress {
    private let family: Int32
    /// `sockaddr` of the family.
    private let bytes: [UInt8]

    /// A stream socket in the file system. A path that is too long is cut.
    init(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.dropLast().copyBytes(from: path.utf8.prefix($0.count - 1)) }
        (family, bytes) = (AF_UNIX, withUnsafeBytes(of: address) { Array($0) })
    }

    private init(_ info: addrinfo) {
        family = info.ai_family
        bytes = Array(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
    }

    /// The TCP addresses of a host. Blocks as long as the resolver does; empty: it knows none.
    static func resolve(_ host: String, port: Int) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap {
            $0.map { SocketAddress($0.pointee) }
        }
    }

    /// Why no connection can be made within the limit, as an errno; nil: one could, and is closed again.
    func obstacle(toConnectingWithin limit: Duration) -> Int32? {
        withSocket { socket in
            if withPointer({ connect(socket, $0, $1) }) == 0 { return nil }
            // The queue of a Unix socket is full: somebody is there.
            if errno == EAGAIN, family == AF_UNIX { return nil }
            guard errno == EINPROGRESS else { return errno }
            var wait = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            guard poll(&wait, 1, Int32(clamping: Int(limit / .milliseconds(1)))) > 0 else { return ETIMEDOUT }
            var (code, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
            getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size)
            return code == 0 ? nil : code
        }
    }

    /// Why nobody can listen there, as an errno; nil: somebody could. Nobody can connect meanwhile.
    func obstacleToListening() -> Int32? {
        withSocket { socket in
            var on: Int32 = 1
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            return withPointer { bind(socket, $0, $1) } == 0 ? nil : errno
        }
    }

    private func withSocket(_ body: (Int32) -> Int32?) -> Int32? {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, flags, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return body(descriptor)
    }

    private func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        bytes.withUnsafeBytes {
            body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
    }
}
