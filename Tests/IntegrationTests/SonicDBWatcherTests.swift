import Glibc
import Logging
import Synchronization
import Testing

@testable import SonicDB

@Suite("SonicDB: the watcher", .enabled(if: redisServerIsInstalled, "needs redis-server"))
struct SonicDBWatcherTests {
    @Test("begins with a resync, then names the rows that were written, set and deleted")
    func rows() async throws {
        let redis = try await TestRedis()
        let watch = WatcherProbe(redis.endpoint())
        try await watch.expectResync()
        let database = redis.database()
        try await database.apply([
            .set(table: "TELEGEN_JOB", key: "a|b", fields: ["x": "1"]),
            .set(table: "TELEGEN", key: "global", fields: ["y": "1"]),
            .set(table: "OTHER", key: "c", fields: ["z": "1"]),
        ])
        try await database.apply([.delete(table: "TELEGEN_JOB", key: "a|b")])
        try await watch.expect([job("a|b"), TableKey(table: "TELEGEN", key: "global")])
        #expect(watch.strangers(to: ["TELEGEN", "TELEGEN_JOB"]) == [])
    }

    @Test("subscribes to its tables and the guard key, nothing wider, under its name")
    func channels() async throws {
        let redis = try await TestRedis()
        let watch = WatcherProbe(redis.endpoint())
        try await watch.expectResync()
        let database = redis.database()
        #expect(
            try await database.send(["PUBSUB", "CHANNELS"]) == .array([.string("__keyspace@4__:CONFIG_DB_INITIALIZED")])
        )
        #expect(try await database.send(["PUBSUB", "NUMPAT"]) == .integer(2))
        let clients = try await database.send(["CLIENT", "LIST", "TYPE", "pubsub"]).text ?? ""
        #expect(clients.contains("name=telegen "))
    }

    @Test("merges 10,000 events on 50 keys into few batches, and misses no last value")
    func burst() async throws {
        let redis = try await TestRedis()
        let watcher = TableWatcher(
            redis.endpoint(), tables: ["TELEGEN_JOB"], guardKey: nil, logger: Logger(label: "test"))
        let batches = watcher.batches()
        var iterator = batches.makeAsyncIterator()
        #expect(await iterator.next() == .resync)
        let database = redis.database()
        _ = try await database.pipeline((0..<10_000).map { ["HSET", "TELEGEN_JOB|\($0 % 50)", "value", "\($0)"] })
        try await database.apply([.set(table: "TELEGEN_JOB", key: "last", fields: ["value": "x"])])
        var seen: [String: RowState] = [:]
        var count = 0
        while seen["last"] == nil {
            guard case .keys(let keys) = await iterator.next() else { continue }
            count += 1
            seen.merge(try await database.read(table: "TELEGEN_JOB", keys: keys.map(\.key), guardKey: nil).rows) { $1 }
        }
        #expect(count < 50)
        #expect((0..<50).allSatisfy { seen["\($0)"] == .row(Row(fields: ["value": "\(9950 + $0)"])) })
    }

    @Test("asks for a resync when more keys wait than it keeps")
    func overflow() async throws {
        let redis = try await TestRedis()
        let watcher = TableWatcher(redis.endpoint(), tables: ["T"], guardKey: nil, logger: Logger(label: "test"))
        let batches = watcher.batches()
        var iterator = batches.makeAsyncIterator()
        #expect(await iterator.next() == .resync)
        let database = redis.database()
        _ = try await database.pipeline((0..<20_000).map { ["HSET", "T|\($0)", "a", "b"] })
        var resynced = false
        var seen = 0
        while !resynced, seen < 20_000, let batch = await iterator.next() {
            switch batch {
            case .resync: resynced = true
            case .keys(let keys):
                #expect(keys.count <= 8192)
                seen += keys.count
            }
        }
        #expect(resynced || seen == 20_000)
    }

    @Test("asks for a resync when the database was flushed and rebuilt, which makes no events for what is gone")
    func rebuild() async throws {
        let redis = try await TestRedis()
        let database = redis.database()
        try await database.send(["HSET", "TELEGEN_JOB|gone", "a", "b"])
        try await database.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
        let watch = WatcherProbe(redis.endpoint())
        try await watch.expectResync()
        _ = try await database.pipeline([["FLUSHDB"], ["HSET", "TELEGEN_JOB|new", "a", "b"]])
        try await watch.expect([job("new")])
        try await database.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
        try await watch.expectResync()
        let view = try await database.readAll(table: "TELEGEN_JOB", guardKey: "CONFIG_DB_INITIALIZED")
        #expect(view.guardValue == "1" && Array(view.rows.keys) == ["new"])
        try await database.send(["DEL", "CONFIG_DB_INITIALIZED"])
        try await watch.expectResync()
    }

    @Test("asks for a resync on its timer, whatever happens")
    func timer() async throws {
        let redis = try await TestRedis()
        let watch = WatcherProbe(redis.endpoint(), WatchTiming(resyncInterval: .milliseconds(50)))
        for _ in 0..<3 { try await watch.expectResync() }
        redis.crash()
        for _ in 0..<3 { try await watch.expectResync() }
    }

    @Test("survives the server's death: says so once, comes back, and asks for a resync")
    func restart() async throws {
        let redis = try await TestRedis()
        let watch = WatcherProbe(redis.endpoint())
        try await watch.expectResync()
        redis.crash()
        try await eventually("the loss is logged") { watch.lines.count == 1 }
        try await redis.start()
        try await watch.expectResync()
        #expect(watch.lines.map { $0.prefix { $0 != " " } } == ["warning:", "notice:"])
        try await redis.database().send(["HSET", "TELEGEN_JOB|a", "b", "c"])
        try await watch.expect([job("a")])
    }

    @Test("waits for a server that is not there yet")
    func late() async throws {
        let redis = try await TestRedis()
        redis.crash()
        let watch = WatcherProbe(redis.endpoint())
        try await eventually("the absence is logged") { watch.lines.count == 1 }
        #expect(watch.lines[0].contains("start redis-server"))
        try await redis.start()
        try await watch.expectResync()
    }

    @Test("notices a server that is stopped, and comes back when it goes on")
    func stopped() async throws {
        let redis = try await TestRedis()
        let timing = WatchTiming(
            resyncInterval: .seconds(3600), pingInterval: .milliseconds(100), timeout: .milliseconds(500))
        let watch = WatcherProbe(redis.endpoint(), timing)
        try await watch.expectResync()
        redis.signal(SIGSTOP)
        try await eventually("the loss is logged") { watch.lines.contains { $0.contains("no answer to a PING") } }
        redis.signal(SIGCONT)
        try await watch.expectResync()
        try await redis.database().send(["HSET", "TELEGEN_JOB|a", "b", "c"])
        try await watch.expect([job("a")])
    }

    @Test("keeps a connection on which nothing happens")
    func quiet() async throws {
        let redis = try await TestRedis()
        let watch = WatcherProbe(
            redis.endpoint(),
            WatchTiming(
                resyncInterval: .seconds(3600), pingInterval: .milliseconds(20), timeout: .seconds(30)))
        try await watch.expectResync()
        let database = redis.database()
        try await eventually("ten pings") {
            let stats = try await database.send(["INFO", "commandstats"]).text ?? ""
            let calls = stats.split(separator: "cmdstat_ping:calls=").dropFirst().first?.prefix { $0.isNumber }
            return calls.flatMap { Int($0) } ?? 0 > 10
        }
        #expect(watch.lines == [])
    }

    @Test(
        "reads the tables every second while notifications are off, names the remedy, and subscribes when they are on")
    func notificationsOff() async throws {
        let redis = try await TestRedis([:])
        let watch = WatcherProbe(
            redis.endpoint(), WatchTiming(resyncInterval: .seconds(3600), pollInterval: .milliseconds(50)))
        for _ in 0..<3 { try await watch.expectResync() }
        #expect(watch.lines.count == 1)
        #expect(watch.lines[0].contains("redis-cli CONFIG SET notify-keyspace-events AKE"))
        let database = redis.database()
        #expect(try await database.send(["CONFIG", "GET", "notify-keyspace-events"]).array?.last == .string(""))
        try await database.send(["CONFIG", "SET", "notify-keyspace-events", "AKE"])
        try await eventually("it subscribes") { try await database.send(["PUBSUB", "NUMPAT"]) == .integer(2) }
        try await database.send(["HSET", "TELEGEN_JOB|a", "b", "c"])
        try await watch.expect([job("a")])
    }

    @Test("works over TCP too, with keys that are not UTF-8")
    func tcp() async throws {
        let port = Int(try Loopback.freePort())
        let redis = try await TestRedis(["port": "\(port)", "bind": "127.0.0.1", "notify-keyspace-events": "AKE"])
        let address = DatabaseEndpoint.Address.tcp(host: "127.0.0.1", port: port)
        let watch = WatcherProbe(DatabaseEndpoint(address: address, id: 4, separator: "|"))
        try await watch.expectResync()
        try await redis.database().send(["EVAL", "return redis.call('HSET', 'TELEGEN_JOB|\\255', 'f', 'x')", "0"])
        try await watch.expect([job("\u{fffd}")])
    }

    @Test("ends with its consumer's task, or with the sequence, and its connection with it")
    func end() async throws {
        let redis = try await TestRedis()
        let watcher = TableWatcher(redis.endpoint(), tables: ["T"], guardKey: nil, logger: Logger(label: "test"))
        let database = redis.database()
        let watch = Task { for await _ in watcher.batches() {} }
        try await eventually("it is connected") { try await database.subscribers == 1 }
        watch.cancel()
        await watch.value
        try await eventually("it is gone") { try await database.subscribers == 0 }
        for await _ in watcher.batches() { break }
        try await eventually("it is gone again") { try await database.subscribers == 0 }
    }

    @Test("leaks neither descriptors nor threads over 50 starts and stops")
    func leaks() async throws {
        await #expect(processExitsWith: .success) {
            let redis = try await TestRedis()
            let database = redis.database()
            for round in 0..<51 {
                let watcher = TableWatcher(redis.endpoint(), tables: ["T"], guardKey: "G", logger: Logger(label: "t"))
                let watch = Task { for await _ in watcher.batches() {} }
                try await eventually("it is connected") { try await database.subscribers == 1 }
                watch.cancel()
                await watch.value
                try await eventually("it is gone") { try await database.subscribers == 0 }
                if round == 0 { try await ProcessUse.note() }
            }
            try await eventually("descriptors and threads are as after the first") { ProcessUse.isAsNoted }
        }
    }

    private func job(_ key: String) -> TableKey { TableKey(table: "TELEGEN_JOB", key: key) }
}

extension Database {
    /// How many clients are subscribed.
    fileprivate var subscribers: Int {
        get throws {
            let clients = try send(["CLIENT", "LIST", "TYPE", "pubsub"]).text ?? ""
            return clients.split(separator: "\n").count
        }
    }
}

/// The process's descriptors and watcher threads.
private enum ProcessUse {
    private static let noted = Mutex(0)

    static func note() async throws {
        try await eventually("the thread has ended") { threads == 0 }
        noted.withLock { $0 = count("/proc/self/fd") }
    }

    static var isAsNoted: Bool { threads == 0 && count("/proc/self/fd") == noted.withLock { $0 } }

    private static var threads: Int {
        entries("/proc/self/task").filter { task in
            guard let file = fopen("/proc/self/task/\(task)/comm", "r") else { return false }
            defer { fclose(file) }
            var name = [CChar](repeating: 0, count: 32)
            return fgets(&name, 32, file) != nil && strncmp(name, "sonicdb-watch", 13) == 0
        }.count
    }

    private static func count(_ folder: String) -> Int { entries(folder).count }

    private static func entries(_ folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
