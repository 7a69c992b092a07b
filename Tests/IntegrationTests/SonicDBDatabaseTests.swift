import Glibc
import Testing

@testable import SonicDB

@Suite("SonicDB: rows in Redis", .enabled(if: redisServerIsInstalled, "needs redis-server"))
struct SonicDBDatabaseTests {
    @Test("are read with their fields, lists and emptiness, as SONiC writes them")
    func read() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        _ = try await database.pipeline([
            ["HSET", "T|full", "port", "Ethernet0", "vlan@", "10,20"],
            ["HSET", "T|empty", "NULL", "NULL"],
            ["SET", "T|text", "x"],
            ["HSET", "T|a|b", "k", "v"],
        ])
        let view = try await database.read(
            table: "T", keys: ["full", "empty", "text", "a|b", "none"], guardKey: "CONFIG_DB_INITIALIZED")
        #expect(
            view.rows == [
                "full": .row(Row(fields: ["port": "Ethernet0", "vlan@": "10,20"])), "empty": .row(Row()),
                "text": .wrongType, "a|b": .row(Row(fields: ["k": "v"])), "none": .absent,
            ])
        #expect(view.guardValue == nil)
        guard case .row(let row) = view.rows["full"] else { return }
        #expect(row[list: "vlan"] == ["10", "20"])
    }

    @Test("are not changed by what was meant for the server of another connection")
    func generation() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["PING"])
        let change = RowChange.set(table: "T", key: "a", fields: ["f": "v"], removing: [])
        let generation = await database.generation
        await database.close()
        #expect(try await database.apply([change], ifStill: generation) == false)
        #expect(try await database.send(["EXISTS", "T|a"]) == .integer(0))
        #expect(try await database.apply([change], ifStill: generation + 1))
        #expect(try await database.send(["EXISTS", "T|a"]) == .integer(1))
    }

    @Test("come with the guard key's value")
    func guardValue() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
        let view = try await database.read(table: "T", keys: [], guardKey: "CONFIG_DB_INITIALIZED")
        #expect(view == TableView(guardValue: "1"))
        #expect(try await database.read(table: "T", keys: [], guardKey: nil) == TableView())
    }

    @Test("whose guard key is no text are an error that names it")
    func guardType() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["HSET", "G", "a", "b"])
        let error = await #expect(throws: RedisError.self) {
            try await database.read(table: "T", keys: ["a"], guardKey: "G")
        }
        #expect(error?.description.contains("WRONGTYPE") == true && error?.description.contains("GET G") == true)
    }

    @Test("that are not UTF-8 are read with U+FFFD")
    func invalidUTF8() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["EVAL", "return redis.call('HSET', 'T|a', 'f\\255', '\\255x')", "0"])
        try await database.send(["EVAL", "return redis.call('HSET', 'T|\\255', 'f', 'x')", "0"])
        let view = try await database.readAll(table: "T", guardKey: nil)
        #expect(view.rows == ["a": .row(Row(fields: ["f\u{fffd}": "\u{fffd}x"])), "\u{fffd}": .absent])
    }

    @Test("are written and removed, all at once, the rest of a row left alone")
    func apply() async throws {
        let redis = try await TestRedis()
        let database = redis.database(6)
        _ = try await database.pipeline([["HSET", "T|a", "old", "1", "gone", "1"], ["SET", "T|b", "text"]])
        try await database.apply([
            .set(table: "T", key: "a", fields: ["new": "2", "zero\0": "\0"], removing: ["gone", "never"]),
            .delete(table: "T", key: "b"), .set(table: "T", key: "empty", fields: [:]),
        ])
        let view = try await database.readAll(table: "T", guardKey: nil)
        #expect(
            view.rows == [
                "a": .row(Row(fields: ["old": "1", "new": "2", "zero\0": "\0"])), "empty": .row(Row()),
            ])
        #expect(try await database.send(["HGET", "T|empty", "NULL"]) == .string("NULL"))
    }

    @Test("that cannot be written are an error with the key in it")
    func applyWrongType() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["SET", "T|a", "text"])
        let error = await #expect(throws: RedisError.self) {
            try await database.apply([.set(table: "T", key: "a", fields: ["x": "1"])])
        }
        #expect(error?.description.contains("WRONGTYPE") == true && error?.description.contains("HSET T|a") == true)
        #expect(error?.remedy != nil)
        #expect(try await database.send(["PING"]) == .status("PONG"))
    }

    @Test("are found by their table alone, whatever its name")
    func keys() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        let others = (0..<3000).map { ["HSET", "OTHER|\($0)", "a", "b"] }
        _ = try await database.pipeline(others + ["T|1", "T|a|b", "T*|x", "TT|y", "T"].map { ["HSET", $0, "a", "b"] })
        #expect(try await database.keys(of: "T") == ["1", "a|b"])
        #expect(try await database.keys(of: "T*") == ["x"])
        #expect(try await database.keys(of: "OTHER").count == 3000)
        #expect(try await database.keys(of: "NONE") == [])
    }

    @Test("and the guard key are seen at one moment: a rebuild shows as itself or not at all")
    func atomicView() async throws {
        let redis = try await TestRedis()
        // Far more than Redis takes in at once, so that without a transaction the two would interleave.
        let keys = (0..<2000).map { "row \($0) " + String(repeating: "x", count: 50) }
        let writer = Task { [writer = redis.database()] in
            var round = 0
            while !Task.isCancelled {
                round += 1
                let rows = keys.map { ["HSET", "T|\($0)", "round", "\(round)"] }
                _ = try await writer.pipeline([["MULTI"], ["SET", "G", "\(round)"]] + rows + [["EXEC"]])
            }
        }
        let reader = redis.database()
        try await eventually("the writer writes") {
            try await reader.read(table: "T", keys: [], guardKey: "G").guardValue != nil
        }
        for _ in 0..<30 {
            let view = try await reader.read(table: "T", keys: keys, guardKey: "G")
            let row = RowState.row(Row(fields: ["round": try #require(view.guardValue)]))
            #expect(view.rows.values.allSatisfy { $0 == row })
        }
        writer.cancel()
        try await writer.value
    }

    @Test("are separate in each database of a server")
    func databases() async throws {
        let redis = try await TestRedis()
        try await redis.database(4).send(["HSET", "T|a", "x", "1"])
        #expect(try await redis.database(6).keys(of: "T") == [])
        #expect(try await redis.database(4).keys(of: "T") == ["a"])
    }
}

@Suite("SonicDB: connections to Redis", .enabled(if: redisServerIsInstalled, "needs redis-server"))
struct SonicDBConnectionTests {
    @Test("work over TCP too, and bear their name")
    func tcp() async throws {
        let port = Int(try Loopback.freePort())
        let redis = try await TestRedis(["port": "\(port)", "bind": "127.0.0.1"])
        for host in ["127.0.0.1", "localhost"] {
            let endpoint = DatabaseEndpoint(address: .tcp(host: host, port: port), id: 6, separator: "|")
            let database = Database(endpoint, clientName: "telegen-test")
            #expect(try await database.send(["CLIENT", "GETNAME"]) == .string("telegen-test"))
            try await database.apply([.set(table: "T", key: host, fields: ["a": "b"])])
        }
        #expect(try await redis.database(6).keys(of: "T") == ["127.0.0.1", "localhost"])
    }

    @Test("keep going after a refusal")
    func refusal() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        let error = await #expect(throws: RedisError.self) { try await database.send(["NOSUCH"]) }
        guard case .server(_, let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("unknown command"))
        let id = try await database.send(["CLIENT", "ID"])
        #expect(try await database.send(["CLIENT", "ID"]) == id)
    }

    @Test("are made again after the server was restarted, without a failure between calls")
    func restart() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["PING"])
        redis.crash()
        try await redis.start()
        #expect(try await database.send(["PING"]) == .status("PONG"))
    }

    @Test("fail while there is no server, and are made again when there is one")
    func absence() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        redis.crash()
        let error = await #expect(throws: RedisError.self) { try await database.send(["PING"]) }
        guard case .unavailable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await redis.start()
        try await eventually("the connection is back") { (try? await database.send(["PING"])) != nil }
    }

    @Test("time out when the server is stopped, and are made again when it goes on")
    func stopped() async throws {
        let redis = try await TestRedis()
        let database = redis.database(timeout: .milliseconds(200))
        try await eventually("connected") { (try? await database.send(["PING"])) != nil }
        redis.signal(SIGSTOP)
        let error = await #expect(throws: RedisError.self) { try await database.send(["PING"]) }
        guard case .lost = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        redis.signal(SIGCONT)
        try await eventually("the connection is back") { (try? await database.send(["PING"])) != nil }
    }

    @Test("time out when a stopped server takes no more commands either")
    func stoppedWhileWriting() async throws {
        let redis = try await TestRedis()
        let database = redis.database(timeout: .milliseconds(500))
        try await eventually("connected") { (try? await database.send(["PING"])) != nil }
        redis.signal(SIGSTOP)
        let large = String(repeating: "x", count: 8 << 20)
        let error = await #expect(throws: RedisError.self) { try await database.send(["SET", "a", large]) }
        #expect(error?.description.contains("did not take the commands in time") == true)
        redis.signal(SIGCONT)
    }

    @Test("are refused with the server's own words, and a remedy", arguments: ["requirepass", "maxclients"])
    func refused(option: String) async throws {
        let redis = try await TestRedis()
        let admin = redis.database()
        try await admin.send(["CONFIG", "SET", option, option == "maxclients" ? "1" : "secret"])
        let error = await #expect(throws: RedisError.self) { try await redis.database().send(["PING"]) }
        guard case .server = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.remedy != nil)
    }

    @Test("take 10,000 commands in one go")
    func pipeline() async throws {
        let redis = try await TestRedis()
        let replies = try await redis.database().pipeline((0..<10_000).map { ["HSET", "T|\($0)", "a", "\($0)"] })
        #expect(replies == Array(repeating: .integer(1), count: 10_000))
    }

    @Test("are closed with the database, and opened again when it is used again")
    func close() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        let first = try await database.send(["CLIENT", "ID"])
        await database.close()
        #expect(try await database.send(["CLIENT", "ID"]) != first)
    }

    @Test("that block hold no thread of the cooperative pool")
    func blocking() async throws {
        let redis = try await TestRedis()
        let waiters = (0..<32).map { _ in
            Task { [database = redis.database()] in try await database.send(["BLPOP", "list", "0"]) }
        }
        let database = redis.database()
        try await eventually("all wait") {
            let clients = try await database.send(["INFO", "clients"]).text ?? ""
            return clients.contains("blocked_clients:32")
        }
        _ = try await database.pipeline(waiters.map { _ in ["RPUSH", "list", "x"] })
        for waiter in waiters { #expect(try await waiter.value == .array([.string("list"), .string("x")])) }
    }
}
