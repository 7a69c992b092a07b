import Domain
import Logging
import SonicDB
import Synchronization

/// Publishes what STATE_DB is told, and what becomes of the databases, as SONiC's events.
final class EventFollower: Sendable {
    private let publisher: EventPublisher
    private let found: Mutex<SwitchEvents>
    private let bell: AsyncStream<[SwitchEvent]>.Continuation

    /// More wait only for an event daemon that hangs: the oldest are lost then.
    private static let mostWaiting = 1024

    /// Nil: nobody publishes events here.
    ///
    /// - Parameter earlier: what an earlier agent left in STATE_DB.
    init?(earlier: StateRows, logger: Logger) {
        guard let publisher = EventPublisher(logger: logger) else { return nil }
        self.publisher = publisher
        found = Mutex(SwitchEvents(earlier))
        let (events, bell) = AsyncStream<[SwitchEvent]>.makeStream(
            bufferingPolicy: .bufferingNewest(Self.mostWaiting))
        self.bell = bell
        Task { for await batch in events { await publisher.publish(batch) } }
    }

    deinit { bell.finish() }

    /// What `StatePublisher` tells.
    var observer: StatePublisher.Observer {
        .init(
            rows: { rows, section in self.follow(rows, section) },
            isAway: { reason in self.follow("STATE_DB", reason) })
    }

    private func follow(_ rows: StateRows, _ section: StatePublisher.Section) {
        let events = found.withLock { found in
            switch section {
            case .jobs: found.events(jobs: rows)
            case .agent: found.events(agent: rows[TableKey(table: StateTable.agent, key: "global")] ?? [:])
            }
        }
        if !events.isEmpty { bell.yield(events) }
    }

    /// - Parameter reason: why it is lost; nil: it is back.
    func follow(_ database: String, _ reason: String?) {
        bell.yield([.database(database, isLost: reason != nil, reason: reason ?? "")])
    }
}
