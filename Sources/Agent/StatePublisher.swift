import Domain
import Logging
import ServiceLifecycle
import SonicDB
import Synchronization

/// Keeps STATE_DB equal to the newest rows it was given, writing only what changed.
public final class StatePublisher: Service, Sendable {
    private let database: Database
    private let logger: Logger
    private let newest = Mutex<[Section: StateRows]>([:])
    /// Hears of what is told, and of STATE_DB when it is lost (with the reason) or back.
    private let observer: Observer?

    struct Observer: Sendable {
        let rows: @Sendable (StateRows, Section) -> Void
        let isAway: @Sendable (String?) -> Void
    }
    private let signal = Signal()

    /// Who speaks for which tables. Until it has spoken, what an earlier agent left there stays.
    enum Section: Hashable, Sendable {
        case jobs, agent

        var tables: [String] {
            self == .agent ? [StateTable.agent] : StateTable.owned.filter { $0 != StateTable.agent }
        }
    }

    init(_ database: Database, observer: Observer? = nil, logger: Logger) {
        self.database = database
        self.observer = observer
        self.logger = logger
    }

    /// The rows that a section's tables shall hold from now on.
    func submit(_ rows: StateRows, _ section: Section) {
        newest.withLock { newest in
            newest[section] = rows
            // In the lock: in the order in which the rows came.
            observer?.rows(rows, section)
        }
        signal.send()
    }

    public func run() async {
        let written = await cancelWhenGracefulShutdown {
            var written: Written?
            for await _ in self.signal.events { written = await self.write(since: written) }
            return written
        }
        _ = try? await writeOnce(since: written)
    }

    /// What STATE_DB held when we last wrote or looked.
    private struct Written {
        var rows: StateRows
        /// The connection of then: a server that begins anew holds nothing.
        var generation: Int
        /// FLUSHDB of somebody else gives no sign: what is older than this is not believed.
        var lookAgain = ContinuousClock.now + .seconds(30)
    }

    /// Brings STATE_DB up to date; answers what it holds now. Tried again until it works or the agent ends: the taps
    /// count meanwhile.
    private func write(since written: Written?) async -> Written? {
        var written = written
        var isAway = false
        var pause = Pause()
        while true {
            do {
                let new = try await writeOnce(since: written)
                if isAway {
                    logger.notice("STATE_DB is back")
                    observer?.isAway(nil)
                }
                return new
            } catch {
                if !isAway {
                    logger.error("STATE_DB is away: the taps go on counting", metadata: ["error": "\(error)"])
                    observer?.isAway("\(error)")
                }
                (isAway, written) = (true, nil)
                guard (try? await Task.sleep(for: pause.next())) != nil else { return nil }
            }
        }
    }

    /// - Parameter written: nil: what STATE_DB holds is not known.
    private func writeOnce(since written: Written?) async throws -> Written {
        var before = if let written, written.lookAgain > .now { written } else { try await look() }
        let sections = newest.withLock { $0 }
        let tables = Set(sections.keys.flatMap(\.tables))
        let rows = sections.values.reduce(into: StateRows()) { $0.merge($1) { _, new in new } }
        for _ in 1...2 {
            let ours = before.rows.filter { tables.contains($0.key.table) }
            let changes = changes(from: ours, to: rows)
            if try await holds(changes.compactMap { ours[$0.key] == nil ? nil : $0.key }),
                try await apply(changes.batches, ifStill: before.generation)
            {
                before.rows = before.rows.filter { !tables.contains($0.key.table) }.merging(rows) { $1 }
                return before
            }
            before = try await look()
        }
        return before
    }

    /// Whether STATE_DB still has all of these rows: somebody may have flushed it, which nobody tells.
    private func holds(_ keys: [TableKey]) async throws -> Bool {
        try await database.count(of: keys) == keys.count
    }

    /// False when the connection was made anew on the way: the differences were to another server's rows.
    private func apply(_ batches: [[RowChange]], ifStill generation: Int) async throws -> Bool {
        for batch in batches {
            guard try await database.apply(batch, ifStill: generation) else { return false }
        }
        return await database.generation == generation
    }

    private func look() async throws -> Written {
        try await database.send(["PING"])
        let generation = await database.generation
        let rows = try await load()
        guard await database.generation == generation else {
            throw RedisError.unavailable(database.endpoint, cause: "another server answered while rows were read")
        }
        return Written(rows: rows, generation: generation)
    }

    /// What STATE_DB holds of our tables now.
    func load() async throws -> StateRows {
        var rows: StateRows = [:]
        for table in StateTable.owned {
            var rest = try await database.keys(of: table)[...]
            while !rest.isEmpty {
                for (key, state) in try await database.readLeniently(table, Array(rest.prefix(256))).rows {
                    switch state {
                    case .row(let row): rows[TableKey(table: table, key: key)] = row.fields
                    case .absent: break
                    case .wrongType: try await database.apply([.delete(table: table, key: key)])
                    }
                }
                rest = rest.dropFirst(256)
            }
        }
        return rows
    }
}

extension [RowChange] {
    /// A job's rows are in one transaction; all jobs' are in a few, so that none holds Redis up for long.
    fileprivate var batches: [[RowChange]] {
        var batches: [[RowChange]] = []
        for change in self {
            if let last = batches.last, last.count < 256 || last.last?.job == change.job {
                batches[batches.count - 1].append(change)
            } else {
                batches.append([change])
            }
        }
        return batches
    }
}

extension RowChange {
    fileprivate var key: TableKey {
        switch self {
        case .set(let table, let key, _, _), .delete(let table, let key): TableKey(table: table, key: key)
        }
    }

    /// The row's key up to the next separator.
    fileprivate var job: Substring {
        switch self {
        case .set(_, let key, _, _), .delete(_, let key): key.prefix { $0 != "|" }
        }
    }
}
