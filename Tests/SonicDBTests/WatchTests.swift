import Logging
import TestSupport
import Testing

@testable import SonicDB

@Suite("Keys that wait")
struct PendingKeysTests {
    @Test("merge when they are equal")
    func merge() {
        var pending = PendingKeys()
        for _ in 0..<3 { pending.insert(TableKey(table: "T", key: "a")) }
        pending.insert(TableKey(table: "T", key: "b"))
        #expect(pending.take() == .keys([TableKey(table: "T", key: "a"), TableKey(table: "T", key: "b")]))
        #expect(pending.take() == nil)
    }

    @Test("are covered by a resync")
    func resync() {
        var pending = PendingKeys()
        pending.insert(TableKey(table: "T", key: "a"))
        pending.resync()
        pending.insert(TableKey(table: "T", key: "b"))
        #expect(pending.take() == .resync)
        #expect(pending.take() == nil)
    }

    @Test("become a resync when more than 8192 wait")
    func bound() {
        var pending = PendingKeys()
        for index in 0..<8192 { pending.insert(TableKey(table: "T", key: "\(index)")) }
        var more = pending
        guard case .keys(let keys) = pending.take() else { return #expect(Bool(false), "a resync too early") }
        #expect(keys.count == 8192)
        more.insert(TableKey(table: "T", key: "more"))
        #expect(more.take() == .resync)
    }

    @Test("become a resync when one is longer than any row's")
    func longKey() {
        var pending = PendingKeys()
        pending.insert(TableKey(table: "T", key: String(repeating: "k", count: 1025)))
        #expect(pending.take() == .resync)
    }
}

@Suite("The batches")
struct KeyBatchesTests {
    let mailbox: KeyMailbox
    let batches: KeyBatches
    let interrupt = Interrupt()

    init() {
        let (bell, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        mailbox = KeyMailbox(bell: continuation)
        batches = KeyBatches(bell: bell, mailbox: mailbox)
        let interrupt = interrupt
        continuation.onTermination = { _ in interrupt.signal() }
    }

    @Test("hold everything since the last, however often the bell rang")
    func gather() async {
        var iterator = batches.makeAsyncIterator()
        for index in 0..<100 {
            mailbox.insert(TableKey(table: "T", key: "\(index % 2)"))
            mailbox.ring()
        }
        #expect(await iterator.next() == .keys([TableKey(table: "T", key: "0"), TableKey(table: "T", key: "1")]))
        mailbox.resync()
        #expect(await iterator.next() == .resync)
    }

    @Test("end with the consumer's task")
    func cancellation() async {
        let task = Task { [batches] in
            for await _ in batches {}
        }
        task.cancel()
        await task.value
        #expect(interrupt.isSignalled)
    }
}

@Suite("A subscription")
struct SubscriptionTests {
    let subscription = Subscription(
        endpoint: DatabaseEndpoint(address: .unix(path: "/s"), id: 4, separator: "|"),
        tables: ["TELEGEN_JOB", "TELEGEN", "TELEGEN"], guardKey: "CONFIG_DB_INITIALIZED")

    @Test("asks for its tables and the guard key, nothing wider")
    func commands() {
        #expect(
            subscription.commands == [
                ["PSUBSCRIBE", "__keyspace@4__:TELEGEN|*", "__keyspace@4__:TELEGEN_JOB|*"],
                ["SUBSCRIBE", "__keyspace@4__:CONFIG_DB_INITIALIZED"],
            ])
        #expect(subscription.confirmations == 3)
    }

    @Test("asks for single rows of other tables by their names")
    func singleRows() {
        let row = TableKey(table: "LOGGER", key: "telegen")
        let subscription = Subscription(
            endpoint: subscription.endpoint, tables: ["TELEGEN"], rows: [row], guardKey: nil)
        #expect(
            subscription.commands == [["PSUBSCRIBE", "__keyspace@4__:TELEGEN|*", "__keyspace@4__:LOGGER|telegen"]])
        #expect(subscription.confirmations == 2)
        let prefix = RedisValue.string("__keyspace@4__:LOGGER|telegen")
        #expect(
            subscription.message(.array([.string("pmessage"), prefix, prefix, .string("hset")])) == .row(row))
        let other = RedisValue.string("__keyspace@4__:LOGGER|orchagent")
        #expect(subscription.message(.array([.string("pmessage"), prefix, other, .string("hset")])) == .foreign)
    }

    @Test("takes a table's name as it is, not as a pattern")
    func escaping() {
        let subscription = Subscription(endpoint: subscription.endpoint, tables: ["A*"], guardKey: nil)
        #expect(subscription.commands == [["PSUBSCRIBE", #"__keyspace@4__:A\*|*"#]])
    }

    @Test("makes rows of events, by what is behind the first separator")
    func rows() {
        #expect(event("TELEGEN_JOB|a|b") == .row(TableKey(table: "TELEGEN_JOB", key: "a|b")))
        #expect(event("TELEGEN|global") == .row(TableKey(table: "TELEGEN", key: "global")))
    }

    @Test("knows the guard key")
    func guardKey() {
        let channel = "__keyspace@4__:CONFIG_DB_INITIALIZED"
        #expect(subscription.message(.array([.string("message"), .string(channel), .string("set")])) == .guardKey)
    }

    @Test("does not believe what it did not ask for", arguments: ["OTHER|a", "TELEGEN_JOB", "TELEGEN_JOBS|a", ""])
    func foreign(key: String) {
        #expect(event(key) == .foreign)
        let other = RedisValue.array(["pmessage", "p", "__keyspace@5__:TELEGEN|a", "set"].map { .string($0) })
        #expect(subscription.message(other) == .foreign)
    }

    @Test("knows confirmations and pongs")
    func control() {
        #expect(subscription.message(.array([.string("psubscribe"), .string("p"), .integer(1)])) == .confirmed)
        #expect(subscription.message(.array([.string("subscribe"), .string("c"), .integer(2)])) == .confirmed)
        #expect(subscription.message(.array([.string("pong"), .string("")])) == .pong)
    }

    @Test(
        "takes nothing else for a message",
        arguments: [
            RedisValue.null, .status("OK"), .array([]), .array([.integer(1)]), .array([.string("pmessage")]),
            .array([.string("message"), .null, .null]), .array([.null, .null, .null, .null]),
        ])
    func surprises(reply: RedisValue) {
        #expect(subscription.message(reply) == nil)
    }

    private func event(_ key: String) -> SubscriptionMessage? {
        subscription.message(
            .array([.string("pmessage"), .string("p"), .string("__keyspace@4__:" + key), .string("hset")]))
    }
}

@Suite("notify-keyspace-events")
struct NotificationFlagsTests {
    @Test("covers rows", arguments: ["AKE", "KA", "Kg$h", "g$hKE"])
    func on(text: String) { #expect(NotificationFlags(text: text).coverRows) }

    @Test("does not cover rows", arguments: ["", "AE", "K", "Kgh", "K$h", "Kg$"])
    func off(text: String) { #expect(!NotificationFlags(text: text).coverRows) }
}

@Suite("The watcher's log")
struct TransitionLogTests {
    let endpoint = DatabaseEndpoint(address: .unix(path: "/s"), id: 4, separator: "|")

    @Test("has one line for each cause of a loss, however they take turns, and one for the return")
    func causes() {
        let lines = LogLines()
        var log = TransitionLog(lines.logger, subject: "\(endpoint)")
        for _ in 0..<3 {
            for cause in ["No such file or directory", "Permission denied"] {
                log.lost(.unavailable(endpoint, cause: cause))
            }
        }
        #expect(lines.lines.count == 2 && lines.lines[1].contains("member of the group that owns the socket"))
        for number in 0..<100 { log.lost(.lost(endpoint, cause: "\(number)")) }
        #expect(lines.lines.count < 10)
        for _ in 0..<3 { log.back() }
        #expect(lines.lines.last == "notice: back: database 4 at /s" && lines.lines.count < 10)
    }

    @Test("has one line for a loss and one for the return")
    func transitions() {
        let lines = LogLines()
        var log = TransitionLog(lines.logger, subject: "\(endpoint)")
        log.back()
        for _ in 0..<3 { log.lost(.lost(endpoint, cause: "x")) }
        for _ in 0..<3 { log.back() }
        #expect(
            lines.lines == [
                "warning: lost database 4 at /s: connection lost: x; trying again", "notice: back: database 4 at /s",
            ])
    }

    @Test("names the remedy when notifications are off, once")
    func polling() {
        let lines = LogLines()
        var log = TransitionLog(lines.logger, subject: "\(endpoint)")
        for _ in 0..<3 { log.polling(every: .seconds(1), "“”") }
        #expect(lines.lines.count == 1)
        #expect(lines.lines[0].contains("redis-cli CONFIG SET notify-keyspace-events AKE"))
    }
}
