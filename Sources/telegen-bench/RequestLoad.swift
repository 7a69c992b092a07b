import Glibc

/// Connections to an HTTP server, over which requests are sent when they are due, whether earlier ones are answered or not.
final class RequestLoad {
    struct Answer {
        let status: Int
        /// Since the request was due.
        let milliseconds: Double
    }

    private struct Client {
        let socket: Int32
        /// When the requests were due that are not answered yet, the oldest first, in seconds.
        var due: [Double] = []
        var received: [UInt8] = []
    }

    private var clients: [Client] = []
    private let requests: [[UInt8]]
    private var answers: [Answer] = []

    /// How long the last answers may take.
    private static let patience = 5.0

    init(port: UInt16, clients count: Int, paths: [String]) throws {
        requests = paths.map { Array("GET \($0) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8) }
        for _ in 0..<count { clients.append(Client(socket: try Self.connection(to: port))) }
    }

    deinit {
        for client in clients { close(client.socket) }
    }

    private static func connection(to port: UInt16) throws -> Int32 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try check(socket < 0 || result < 0 ? -errno : 0, "connect to 127.0.0.1:\(port)")
        return socket
    }

    /// Sends `count` requests, one every `interval` seconds, and waits for their answers.
    func run(count: Int, interval: Double) throws -> [Answer] {
        let start = Self.now
        var sent = 0
        while answers.count < count, Self.now < start + Double(count) * interval + Self.patience {
            while sent < count, case let due = start + Double(sent) * interval, due <= Self.now {
                try send(requests[sent % requests.count], over: sent % clients.count, due: due)
                sent += 1
            }
            let wait = sent < count ? start + Double(sent) * interval - Self.now : 0.1
            try receive(waiting: max(0, wait))
        }
        guard answers.count == count else {
            throw BenchFailure(
                operation: "\(count - answers.count) of \(count) requests were not answered", code: ETIMEDOUT)
        }
        return answers
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func send(_ request: [UInt8], over index: Int, due: Double) throws {
        clients[index].due.append(due)
        let count = Glibc.send(clients[index].socket, request, request.count, Int32(MSG_NOSIGNAL))
        guard count == request.count else { throw BenchFailure(operation: "send a request", code: errno) }
    }

    private func receive(waiting seconds: Double) throws {
        var sockets = clients.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        guard poll(&sockets, nfds_t(sockets.count), Int32((seconds * 1000).rounded(.up))) > 0 else { return }
        for (index, socket) in sockets.enumerated() where socket.revents != 0 { try read(index) }
    }

    private func read(_ index: Int) throws {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(clients[index].socket, &bytes, bytes.count, 0)
        guard count > 0 else { throw BenchFailure(operation: "read an answer: the connection ended", code: errno) }
        clients[index].received += bytes[..<count]
        while let (status, length) = Self.answer(at: clients[index].received), !clients[index].due.isEmpty {
            clients[index].received.removeFirst(length)
            answers.append(
                Answer(status: status, milliseconds: (Self.now - clients[index].due.removeFirst()) * 1000))
        }
    }

    /// The status of a whole answer and its length, in bytes; nil: more is to come. Answers say their Content-Length.
    private static func answer(at bytes: [UInt8]) -> (status: Int, length: Int)? {
        let text = String(decoding: bytes.prefix(2048), as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let field = lines.first { $0.lowercased().hasPrefix("content-length:") }
        let content = field.flatMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) } ?? 0
        let length = text[..<end.upperBound].utf8.count + content
        return bytes.count >= length ? (status, length) : nil
    }
}
