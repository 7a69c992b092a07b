import Testing

@testable import SonicDB

@Suite("A command")
struct CommandTests {
    @Test("is a list of strings with their lengths in bytes, zero bytes included")
    func encoding() {
        #expect(Command.encode([["GET", "ä\0b"]]) == Array("*2\r\n$3\r\nGET\r\n$4\r\nä\0b\r\n".utf8))
    }

    @Test("may follow another")
    func pipeline() {
        #expect(Command.encode([["A"], ["B"]]) == Array("*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n".utf8))
    }

    @Test("escapes what a pattern would take for more than itself")
    func patterns() {
        #expect(Command.escapedPattern("TELEGEN_JOB|") == "TELEGEN_JOB|")
        #expect(Command.escapedPattern(#"a*b?[c]\^"#) == #"a\*b\?\[c\]\\\^"#)
    }
}

@Suite("An error of Redis")
struct RedisErrorTests {
    let endpoint = DatabaseEndpoint(address: .unix(path: "/run/r.sock"), id: 4, separator: "|")

    @Test("names endpoint, cause and remedy")
    func description() {
        #expect(
            "\(RedisError.server(endpoint, message: "NOAUTH Authentication required."))"
                == "database 4 at /run/r.sock: refused: NOAUTH Authentication required. "
                + "(the agent has no password for Redis; use its Unix socket, or remove `requirepass`)")
        #expect(
            "\(RedisError.unavailable(endpoint, cause: "Connection refused"))".hasSuffix(
                "(start redis-server, or correct its address in the database configuration)"))
        #expect("\(RedisError.lost(endpoint, cause: "x"))" == "database 4 at /run/r.sock: connection lost: x")
    }

    @Test(
        "knows what helps",
        arguments: [
            "NOAUTH x", "NOPERM x", "DENIED x", "READONLY x", "LOADING x", "BUSY x", "OOM x", "MISCONF x",
            "ERR max number of clients reached", "ERR DB index is out of range",
        ])
    func remedies(message: String) {
        let error = RedisError.server(endpoint, message: message)
        #expect(error.remedy != nil)
        #expect("\(error)".contains(message))
        #expect(error.endpoint == endpoint)
    }

    @Test("claims no remedy that it does not know")
    func noRemedy() {
        #expect(RedisError.server(endpoint, message: "ERR syntax error").remedy == nil)
    }
}

@Suite("A reply")
struct RedisValueTests {
    @Test("is fields when it is a flat list of pairs of text")
    func fields() {
        #expect(RedisValue.array([.string("a"), .string("1")]).fields == ["a": "1"])
        #expect(RedisValue.array([]).fields == [:])
        #expect(RedisValue.array([.string("a")]).fields == nil)
        #expect(RedisValue.array([.string("a"), .integer(1)]).fields == nil)
        #expect(RedisValue.string("a").fields == nil)
    }

    @Test("with field names that are equal as text takes the last")
    func equalNames() {
        let flat = ["e\u{301}", "1", "\u{e9}", "2"].map { RedisValue.string($0) }
        #expect(RedisValue.array(flat).fields == ["é": "2"])
    }
}
