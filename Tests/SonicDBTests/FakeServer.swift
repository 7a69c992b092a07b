import Glibc
import Synchronization
import Testing

@testable import SonicDB

/// Listens on a Unix socket and answers each thing that arrives with the next of its scripted replies, whatever was
/// asked. Then it is silent, or closes the connection. Every connection gets the same script.
final class FakeServer: Sendable {
    enum End { case silence, close }

    static let greeting = Array("+OK\r\n+OK\r\n".utf8)

    private let folder: TemporaryFolder
    private let listener: Int32
    private let closes = Closes()

    init(greeting: [UInt8] = greeting, _ replies: [[UInt8]], then end: End = .silence) throws {
        folder = try TemporaryFolder()
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = folder.path + "/fake.sock"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let (listener, closes) = (listener, closes)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 8) == 0)
        try #require(startThread(named: "fake") { Self.serve(listener, [greeting] + replies, end, closes) })
    }

    convenience init(_ reply: String, then end: End = .silence) throws { try self.init([Array(reply.utf8)], then: end) }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    var endpoint: DatabaseEndpoint {
        DatabaseEndpoint(address: .unix(path: folder.path + "/fake.sock"), id: 4, separator: "|")
    }

    var database: Database { Database(endpoint, timeout: .seconds(30)) }

    /// How many connections it has closed.
    var closed: Int { closes.count.load(ordering: .acquiring) }

    private final class Closes: Sendable {
        let count = Atomic(0)
    }

    private static func serve(_ listener: Int32, _ script: [[UInt8]], _ end: End, _ closes: Closes) {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard
                startThread(
                    named: "fake",
                    {
                        converse(client, script, end)
                        close(client)
                        closes.count.add(1, ordering: .releasing)
                    })
            else { break }
        }
        close(listener)
    }

    private static func converse(_ client: Int32, _ script: [[UInt8]], _ end: End) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        for reply in script {
            guard recv(client, &buffer, buffer.count, 0) > 0 else { return }
            var sent = 0
            while sent < reply.count {
                let count = reply.withUnsafeBytes {
                    send(client, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
        }
        // Until the client goes.
        while end == .silence, recv(client, &buffer, buffer.count, 0) > 0 {}
    }
}
