import Logging

/// Tells which rows of some tables may have changed, from Redis' keyspace notifications.
///
/// Level-triggered: a batch says where to look, never what happened. Subscribes to these tables and the guard key,
/// nothing wider, on a connection and thread of its own that reads at once whatever comes, since SONiC's Redis keeps
/// without bound what a subscriber does not read.
public final class TableWatcher: Sendable {
    private let subscription: Subscription
    private let timing: WatchTiming
    private let logger: Logger

    /// - Parameters:
    ///   - rows: of other tables.
    ///   - guardKey: a plain key whose change means that all rows may have changed without events, such as
    ///     `CONFIG_DB_INITIALIZED` (FLUSHDB sends none).
    ///   - resyncInterval: how often a `.resync` comes in any case.
    public convenience init(
        _ endpoint: DatabaseEndpoint, tables: [String], rows: [TableKey] = [], guardKey: String?,
        resyncInterval: Duration = .seconds(30), logger: Logger
    ) {
        self.init(
            endpoint, tables: tables, rows: rows, guardKey: guardKey,
            timing: WatchTiming(resyncInterval: resyncInterval),
            logger: logger)
    }

    init(
        _ endpoint: DatabaseEndpoint, tables: [String], rows: [TableKey] = [], guardKey: String?, timing: WatchTiming,
        logger: Logger
    ) {
        subscription = Subscription(endpoint: endpoint, tables: tables, rows: rows, guardKey: guardKey)
        self.timing = timing
        self.logger = logger
    }

    /// Starts a subscription, which ends when the consumer's task is cancelled or lets go of the sequence.
    ///
    /// `.resync` comes at first, after each reconnection (the subscription stands by then, so that a snapshot misses
    /// nothing), when the guard key is set or deleted, on the timer (also while the server is away), and when more than
    /// 8192 keys wait. While keyspace notifications are switched off it comes every second.
    public func batches() -> KeyBatches {
        let (bell, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let mailbox = KeyMailbox(bell: continuation)
        let interrupt = Interrupt()
        continuation.onTermination = { _ in interrupt.signal() }
        let (subscription, timing, logger) = (subscription, timing, logger)
        @Sendable func start() -> Bool {
            startThread(named: "sonicdb-watch") {
                Subscriber(subscription, timing: timing, mailbox: mailbox, interrupt: interrupt, logger: logger).run()
            }
        }
        if !start() {
            logger.error("no thread for watching \(subscription.endpoint): raise the limit of threads (ulimit -u)")
            Task { while !interrupt.isSignalled, !start() { try? await Task.sleep(for: .seconds(1)) } }
        }
        return KeyBatches(bell: bell, mailbox: mailbox)
    }
}

/// The watcher's intervals; tests shorten them.
struct WatchTiming: Sendable {
    var resyncInterval: Duration = .seconds(30)
    /// While notifications are off.
    var pollInterval: Duration = .seconds(1)
    /// After this much silence the server is asked for a sign of life.
    var pingInterval: Duration = .seconds(5)
    /// For connecting, and for any answer.
    var timeout: Duration = .seconds(2)
    /// How long events gather before the consumer is woken: one write makes several.
    var gatherInterval: Duration = .milliseconds(10)
}
