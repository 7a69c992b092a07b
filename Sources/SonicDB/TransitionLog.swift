import Logging

/// Says when a watched database is lost and when it is back, once each.
struct TransitionLog {
    private let logger: Logger
    private let subject: String
    private var isLost = false
    private var isPolling = false

    init(_ logger: Logger, subject: String) {
        self.logger = logger
        self.subject = subject
    }

    mutating func lost(_ error: RedisError) {
        guard !isLost else { return }
        isLost = true
        logger.warning("lost \(error); trying again")
    }

    /// Silent when nothing was lost.
    mutating func back() {
        if isLost { logger.notice("back: \(subject)") }
        isLost = false
    }

    /// Once for the life of the watcher.
    mutating func polling(every interval: Duration, _ setting: String) {
        guard !isPolling else { return }
        isPolling = true
        logger.warning(
            """
            \(subject): no keyspace notifications (notify-keyspace-events is \(setting)), so its tables are read every \
            \(interval.text); set it to AKE, as SONiC does (redis-cli CONFIG SET notify-keyspace-events AKE)
            """)
    }
}
