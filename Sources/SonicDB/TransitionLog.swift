import Logging

/// Says when a watched database is lost, each cause once, and when it is back.
struct TransitionLog {
    private let logger: Logger
    private let subject: String
    /// Since it was lost.
    private var causes: Set<String> = []
    private var isPolling = false

    private static let mostCauses = 4

    init(_ logger: Logger, subject: String) {
        self.logger = logger
        self.subject = subject
    }

    mutating func lost(_ error: RedisError) {
        guard causes.count < Self.mostCauses, causes.insert(error.cause).inserted else { return }
        logger.warning("lost \(error); trying again")
    }

    /// Silent when nothing was lost.
    mutating func back() {
        if !causes.isEmpty { logger.notice("back: \(subject)") }
        causes = []
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
