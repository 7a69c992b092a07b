import Domain
import SonicDB

/// A job as both databases have it.
struct StoredJob: Sendable {
    let name: String
    /// Its row of CONFIG_DB; empty when the key holds something else.
    let row: [String: String]
    /// Its row of TELEGEN_JOB_TABLE; nil: the agent has not looked at it yet.
    let state: [String: String]?

    var status: String { state?["oper_status"] ?? OperStatus.starting.rawValue }
    var isUp: Bool { OperStatus(rawValue: status)?.isEnded == false && row["admin_state"] != "down" }
}

/// The facade's way to the databases: it writes rows of CONFIG_DB, and reads what STATE_DB says of them.
struct JobStore: Sendable {
    let config: Database
    let state: Database
    /// The key of CONFIG_DB that is there when it is whole; nil: it always is.
    let guardKey: String?
    private let creation = Turn()

    init(config: Database, state: Database, guardKey: String?) {
        (self.config, self.state, self.guardKey) = (config, state, guardKey)
    }

    func jobs() async throws(Problem) -> [StoredJob] {
        try await reaching { () throws(RedisError) in
            try await read(config.keys(of: ConfigTable.jobs).filter { JobName($0) != nil })
        }
    }

    /// Nil: CONFIG_DB has no such row.
    func job(_ name: JobName) async throws(Problem) -> StoredJob? {
        try await reaching { () throws(RedisError) in try await read([name.text]).first }
    }

    /// Without those that are not there.
    func jobs(named names: [String]) async throws(Problem) -> [StoredJob] {
        try await reaching { () throws(RedisError) in try await read(names) }
    }

    private func read(_ names: [String]) async throws(RedisError) -> [StoredJob] {
        guard !names.isEmpty else { return [] }
        let rows = try await config.read(table: ConfigTable.jobs, keys: names, guardKey: nil).rows
        let states = try await state.read(table: StateTable.jobs, keys: names, guardKey: nil).rows
        return names.compactMap { name in
            guard let row = rows[name], row != .absent else { return nil }
            return StoredJob(name: name, row: row.fields ?? [:], state: states[name]?.fields)
        }
    }

    /// Makes the row, unless there is one or there is no room. One at a time, so that those who come together do not all
    /// find the last place.
    func create(_ name: JobName, _ fields: [String: String]) async throws(Problem) {
        await creation.begin()
        do {
            try await createAlone(name, fields)
        } catch {
            await creation.end()
            throw error
        }
        await creation.end()
    }

    private func createAlone(_ name: JobName, _ fields: [String: String]) async throws(Problem) {
        guard try await job(name) == nil else { throw .exists(name.text) }
        let (limit, up) = (try await maxJobs(), try await jobs().count(where: \.isUp))
        guard up < limit else { throw .full(limit) }
        let outcome = try await reaching { () throws(RedisError) in
            try await config.write(fields, table: ConfigTable.jobs, key: name.text, isNew: true, guardKey: guardKey)
        }
        try Self.check(outcome, orElse: .exists(name.text))
    }

    func stop(_ name: JobName) async throws(Problem) {
        let outcome = try await reaching { () throws(RedisError) in
            try await config.write(
                ["admin_state": "down"], table: ConfigTable.jobs, key: name.text, isNew: false, guardKey: guardKey)
        }
        try Self.check(outcome, orElse: .noJob(name.text))
    }

    func remove(_ name: JobName) async throws(Problem) {
        let outcome = try await reaching { () throws(RedisError) in
            try await config.remove(table: ConfigTable.jobs, key: name.text, guardKey: guardKey)
        }
        try Self.check(outcome, orElse: .noJob(name.text))
    }

    /// The first status of a new job; nil: there was none in time.
    func firstStatus(of name: JobName, within patience: Duration) async throws(Problem) -> [String: String]? {
        let end = ContinuousClock.now + patience
        while true {
            if let state = try await job(name)?.state { return state }
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(20))) != nil else { return nil }
        }
    }

    /// Rows of STATE_DB by their keys, without those that are not there.
    func rows(of table: String, _ keys: [String]) async throws(Problem) -> [String: [String: String]] {
        try await reaching { () throws(RedisError) in
            try await state.read(table: table, keys: keys, guardKey: nil).rows.compactMapValues(\.fields)
        }
    }

    /// The agent's own row; empty when there is none. Asks both databases.
    func agent() async throws(Problem) -> [String: String] {
        _ = try await maxJobs()
        return try await rows(of: StateTable.agent, ["global"])["global"] ?? [:]
    }

    private func maxJobs() async throws(Problem) -> Int {
        try await reaching { () throws(RedisError) in
            let row = try await config.read(table: ConfigTable.global, keys: ["global"], guardKey: nil).rows["global"]
            return GlobalRow.parse(row?.fields ?? [:]).0.maxJobs ?? GlobalRow.defaultMaxJobs
        }
    }

    private static func check(_ outcome: Database.Outcome, orElse problem: Problem) throws(Problem) {
        switch outcome {
        case .isDone: return
        case .isOtherwise: throw problem
        case .isRebuilding: throw .database("CONFIG_DB is being rebuilt; try again in a moment")
        }
    }

    private func reaching<Value: Sendable>(
        _ body: () async throws(RedisError) -> Value
    ) async throws(Problem) -> Value {
        do { return try await body() } catch { throw .database(error.cause) }
    }
}

/// Taken by one task at a time, in the order of coming.
private actor Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func begin() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func end() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}

extension RowState {
    var fields: [String: String]? {
        if case .row(let row) = self { row.fields } else { nil }
    }
}
