import Glibc
import Testing

@testable import SonicDB

@Suite("A server that lies")
struct LyingServerTests {
    @Test(
        "about lengths and kinds is found out",
        arguments: ["?\r\n", "$-7\r\n", "*-9\r\n", ":x\r\n", "\0\0\0", "%1\r\n"])
    func garbage(reply: String) async throws {
        let server = try FakeServer(reply, then: .close)
        let error = await #expect(throws: RedisError.self) { try await server.database.send(["PING"]) }
        if case .server = error { Issue.record("taken for the server's refusal: \(reply)") }
    }

    @Test("by breaking off is a lost connection", arguments: ["", "$5\r\nab", "*3\r\n+a\r\n"])
    func truncated(reply: String) async throws {
        let server = try FakeServer(reply, then: .close)
        await expectLost("Server closed the connection") { try await server.database.send(["PING"]) }
    }

    @Test("by hanging up while we write is a lost connection, and no signal that ends the process")
    func hangUp() async {
        await #expect(processExitsWith: .success) {
            signal(SIGPIPE, SIG_DFL)
            let server = try FakeServer("", then: .close)
            let large = String(repeating: "x", count: 8 << 20)
            let error = await #expect(throws: RedisError.self) { try await server.database.send(["SET", "a", large]) }
            #expect(["Broken pipe", "Connection reset by peer"].contains(error?.cause))
        }
    }

    @Test("by silence is a lost connection")
    func silence() async throws {
        let server = try FakeServer("")
        await expectLost("the server did not answer in time") {
            try await Database(server.endpoint, timeout: .milliseconds(50)).send(["PING"])
        }
    }

    @Test("about the number of elements makes us allocate nothing", arguments: ["*2147483647\r\n", "*1048577\r\n"])
    func hugeList(reply: String) async throws {
        let server = try FakeServer(reply)
        await expectUnexpected("too many elements or levels") { try await server.database.send(["PING"]) }
    }

    @Test("with lists in lists without end is stopped")
    func deepList() async throws {
        let server = try FakeServer(String(repeating: "*1\r\n", count: 100_000))
        let error = await #expect(throws: RedisError.self) { try await server.database.send(["PING"]) }
        expectUnexpected(error)
    }

    @Test("with a reply without end is stopped at 32 MiB")
    func hugeString() async throws {
        let header = Array("$536870000\r\n".utf8)
        let server = try FakeServer([header + [UInt8](repeating: 0x61, count: 33 << 20)])
        await expectUnexpected("larger than 32 MiB") {
            try await Database(server.endpoint, timeout: .seconds(30)).send(["PING"])
        }
    }

    @Test("about SELECT is not used")
    func greeting() async throws {
        let server = try FakeServer(greeting: Array(":1\r\n:2\r\n".utf8), [])
        await expectUnexpected("SELECT was answered with the number 1") { try await server.database.send(["PING"]) }
    }

    @Test("that refuses connections is quoted")
    func refusal() async throws {
        let text = "ERR max number of clients reached"
        let server = try FakeServer(greeting: Array("-\(text)\r\n".utf8), [], then: .close)
        let error = await #expect(throws: RedisError.self) { try await server.database.send(["PING"]) }
        #expect(error == .server(server.endpoint, message: text))
    }

    @Test("that refuses a name is used all the same")
    func name() async throws {
        let server = try FakeServer(greeting: Array("+OK\r\n-ERR unknown command\r\n".utf8), [Array("+PONG\r\n".utf8)])
        #expect(try await server.database.send(["PING"]) == .status("PONG"))
    }

    @Test(
        "in a transaction is found out",
        arguments: [
            "*0\r\n", "*3\r\n*0\r\n*0\r\n*0\r\n", "*-1\r\n", "+OK\r\n", "*2\r\n:1\r\n*0\r\n", "*2\r\n$-1\r\n:1\r\n",
            "*2\r\n$-1\r\n*1\r\n$1\r\na\r\n",
        ])
    func transaction(results: String) async throws {
        let server = try FakeServer("+OK\r\n+QUEUED\r\n+QUEUED\r\n" + results)
        let error = await #expect(throws: RedisError.self) {
            try await server.database.read(table: "T", keys: ["a"], guardKey: "G")
        }
        expectUnexpected(error)
    }

    @Test(
        "in SCAN is found out",
        arguments: [
            "*0\r\n", "*2\r\n:0\r\n*0\r\n", "*2\r\n$1\r\n0\r\n*1\r\n$1\r\nx\r\n", "*2\r\n$1\r\n0\r\n*1\r\n:1\r\n",
        ])
    func scan(reply: String) async throws {
        let server = try FakeServer(reply)
        let error = await #expect(throws: RedisError.self) { try await server.database.keys(of: "T") }
        expectUnexpected(error)
    }
}

@Suite("A database connection")
struct DatabaseConnectionTests {
    @Test("throws at once during the back-off, and says why and when it will try again")
    func backoff() async {
        let endpoint = DatabaseEndpoint(address: .unix(path: "/nowhere/redis.sock"), id: 4, separator: "|")
        let database = Database(endpoint)
        let first = await #expect(throws: RedisError.self) { try await database.send(["PING"]) }
        #expect(first == .unavailable(endpoint, cause: "No such file or directory"))
        // The waits grow to seconds: however slow this machine, a call falls into one.
        var texts: [String] = []
        while texts.count < 20, texts.last?.contains("the next attempt is in") != true {
            let error = await #expect(throws: RedisError.self) { try await database.send(["PING"]) }
            texts.append("\(String(describing: error))")
        }
        #expect(texts.last?.contains("No such file or directory; the next attempt is in") == true)
        #expect(texts.last?.contains("start redis-server") == true)
    }

    @Test("refuses a socket's path that the kernel would cut")
    func longPath() async {
        let path = "/" + String(repeating: "x", count: 107)
        let database = Database(DatabaseEndpoint(address: .unix(path: path), id: 4, separator: "|"))
        let error = await #expect(throws: RedisError.self) { try await database.send(["PING"]) }
        #expect(error?.description.contains("at most 107 bytes") == true)
    }

    @Test("refuses a port that is none", arguments: [-1, 65536, Int.max])
    func badPort(port: Int) async {
        let address = DatabaseEndpoint.Address.tcp(host: "127.0.0.1", port: port)
        let database = Database(DatabaseEndpoint(address: address, id: 4, separator: "|"))
        let error = await #expect(throws: RedisError.self) { try await database.send(["PING"]) }
        #expect(error?.description.contains("is not a port") == true)
    }

    @Test("comes back after a server that dropped it between calls, without a failure")
    func stale() async throws {
        let server = try FakeServer("+PONG\r\n", then: .close)
        let database = server.database
        for round in 1...3 {
            #expect(try await database.send(["PING"]) == .status("PONG"))
            while server.closed < round { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    @Test("copies replies of every kind, with what is not UTF-8 replaced")
    func kinds() async throws {
        let bytes = Array("*5\r\n$-1\r\n:-7\r\n+s\r\n$2\r\n".utf8) + [0xff, 0x61] + Array("\r\n*1\r\n-e\r\n".utf8)
        let server = try FakeServer([bytes])
        #expect(
            try await server.database.send(["X"])
                == .array([.null, .integer(-7), .status("s"), .string("\u{fffd}a"), .array([.error("e")])]))
    }

    @Test("sends nothing for nothing")
    func nothing() async throws {
        let database = Database(DatabaseEndpoint(address: .unix(path: "/nowhere"), id: 4, separator: "|"))
        #expect(try await database.pipeline([]) == [])
        try await database.apply([])
    }
}

private func expectLost(_ cause: String, _ body: () async throws -> RedisValue) async {
    let error = await #expect(throws: RedisError.self) { try await body() }
    #expect(error == error.map { .lost($0.endpoint, cause: cause) })
}

private func expectUnexpected(_ detail: String, _ body: () async throws -> RedisValue) async {
    let error = await #expect(throws: RedisError.self) { try await body() }
    #expect(error == error.map { .unexpectedReply($0.endpoint, detail: detail) })
}

private func expectUnexpected(_ error: RedisError?, sourceLocation: SourceLocation = #_sourceLocation) {
    if case .unexpectedReply = error { return }
    Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
}
