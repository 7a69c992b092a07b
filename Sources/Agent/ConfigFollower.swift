import Domain
import Logging
import ServiceLifecycle
import SonicDB

/// Brings the rows of CONFIG_DB to the reconciler as they change.
struct ConfigFollower: Service {
    let database: Database
    let watcher: TableWatcher
    /// Present when CONFIG_DB is whole; nil: it always is.
    let guardKey: String?
    let reconciler: Reconciler
    /// Told of what `TELEGEN|global` says when that changes.
    let settings: @Sendable (GlobalRow) async -> Void
    /// Told that somebody has written or deleted rows.
    let rowsChanged: @Sendable () -> Void
    /// What SONiC says of logging acts upon it; nil: there is no SONiC.
    let logs: LogControl?
    /// Told when CONFIG_DB is lost, with the reason, and when it is back.
    let isAway: @Sendable (String?) -> Void
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            var memory = Memory()
            for await batch in watcher.batches() { await follow(batch, &memory) }
        }
    }

    /// `TELEGEN|global` as it was read last.
    private struct Global: Equatable {
        var row = GlobalRow()
        /// What is wrong with it, a sentence each.
        var problems: [String] = []

        init(_ state: RowState) {
            switch state {
            case .row(let row): (self.row, problems) = GlobalRow.parse(row.fields)
            case .absent: break
            case .wrongType: problems = ["the key holds no hash, or one that is too large: defaults are used"]
            }
        }
    }

    /// What was read last, to say and do only what is new.
    private struct Memory {
        var global: Global?
        /// Keys that are no job names and of which no row of STATE_DB can tell.
        var nameless: Set<String> = []
        /// It has been said that there are too many rows.
        var isFull = false
        /// `LOGGER|telegen`.
        var logRow: [String: String]?
    }

    /// Reads until it works: what was announced must not be lost.
    private func follow(_ batch: KeyBatch, _ memory: inout Memory) async {
        var isAway = false
        var pause = Pause()
        while !Task.isCancelled {
            do {
                try await read(batch, &memory)
                if isAway {
                    logger.notice("CONFIG_DB is back")
                    self.isAway(nil)
                }
                return
            } catch {
                if !isAway {
                    logger.error("CONFIG_DB is away: the taps go on counting", metadata: ["error": "\(error)"])
                    self.isAway("\(error)")
                }
                isAway = true
                try? await Task.sleep(for: pause.next())
            }
        }
    }

    private func read(_ batch: KeyBatch, _ memory: inout Memory) async throws {
        let jobKeys: [String]
        switch batch {
        // Known jobs are looked at too: one that is gone is only believed in the moment of a whole CONFIG_DB.
        case .resync: jobKeys = await reconciler.ownKeys.union(try await database.keys(of: ConfigTable.jobs)).sorted()
        case .keys(let keys): jobKeys = keys.filter { $0.table == ConfigTable.jobs }.map(\.key)
        }
        let jobs = try await database.readLeniently(ConfigTable.jobs, jobKeys, guardKey: guardKey)
        let settingsView = try await database.readLeniently(ConfigTable.global, ["global"], guardKey: guardKey)
        guard guardKey == nil || jobs.isWhole && settingsView.isWhole else { return await reconciler.hold() }

        if let logs, batch.concerns(TableKey(table: LogControl.table, key: LogControl.key)) {
            try await follow(logs, &memory)
        }
        let new = Global(settingsView.rows["global"] ?? .absent)
        if memory.global != new {
            for problem in new.problems { logger.warning("TELEGEN|global: \(problem)") }
            await settings(new.row)
            memory.global = new
        }
        let row = new.row
        let nameless = Set(jobKeys.filter { JobName($0) == nil && !$0.isNameable && jobs.rows[$0] != .absent })
        for key in nameless.subtracting(memory.nameless).sorted().prefix(Self.mostNamed) {
            logger.warning("TELEGEN_JOB has a row whose key is no job name: \(key.prefix(128).debugDescription)")
        }
        memory.nameless = batch == .resync ? nameless : memory.nameless.union(nameless)
        if memory.nameless.count > Self.mostRows { memory.nameless = [] }
        let own = await reconciler.ownKeys
        let isChanged = await reconciler.update { desired, misnamed in
            desired.adminState = row.adminState ?? .up
            desired.maxJobs = row.maxJobs ?? GlobalRow.defaultMaxJobs
            for (key, state) in jobs.rows.sorted(by: { $0.key < $1.key }) {
                guard own.contains(key) || desired.jobs.count + misnamed.count < Self.mostRows else { continue }
                JobRow.store(state, key, in: &desired.jobs, misnamed: &misnamed)
            }
        }
        if isChanged { rowsChanged() }
        if await reconciler.knownKeys.count >= Self.mostRows, !memory.isFull {
            logger.error("TELEGEN_JOB has more than \(Self.mostRows) rows: the rest is not looked at; delete some")
            memory.isFull = true
        } else if batch == .resync {
            memory.isFull = false
        }
    }

    /// The row is made when it is missing, as SONiC's own programs do, so that `swssloglevel` knows of the agent.
    private func follow(_ logs: LogControl, _ memory: inout Memory) async throws {
        let view = try await database.readLeniently(LogControl.table, [LogControl.key], guardKey: guardKey)
        guard view.isWhole else { return }
        switch view.rows[LogControl.key] ?? .absent {
        case .absent:
            memory.logRow = nil
            _ = logs.apply([:])
            _ = try await database.write(
                logs.row, table: LogControl.table, key: LogControl.key, isNew: true, guardKey: guardKey)
        case .row(let row) where row.fields != memory.logRow:
            memory.logRow = row.fields
            for problem in logs.apply(row.fields) { logger.warning("LOGGER|telegen: \(problem)") }
        case .row, .wrongType: break
        }
    }

    /// Twice as many jobs as can ever be up; more rows than these are somebody's mistake.
    private static let mostRows = 8192
    /// So many keys are named in the log at once.
    private static let mostNamed = 16
}

extension TableView {
    /// Of a view with the guard key. While SONiC migrates or rebuilds CONFIG_DB its guard key is absent or 0 (docker_image_ctl.j2 of sonic-buildimage).
    var isWhole: Bool { guardValue.map { !$0.isEmpty && $0 != "0" } ?? false }
}

extension JobRow {
    /// Puts what is stored under a key of TELEGEN_JOB among the jobs, or takes it from them.
    static func store(
        _ state: RowState, _ key: String, in jobs: inout [JobName: JobRow], misnamed: inout [String: String]
    ) {
        guard let name = JobName(key) else {
            misnamed[key] = state == .absent || !key.isNameable ? nil : Self.nameRule
            return
        }
        switch state {
        case .absent: jobs[name] = nil
        case .wrongType:
            jobs[name] = .rejected(
                reason: "the key holds no hash, or one that is too large: delete it and write the row anew")
        case .row(let row):
            do { jobs[name] = .job(try JobSpec.parse(row.fields)) } catch {
                jobs[name] = .rejected(reason: error.reason)
            }
        }
    }

    private static let nameRule =
        "a job's name must be 1 to 64 letters, digits, - and _, beginning with a letter or digit: delete this row"
}

extension String {
    /// Whether a bad job name gets a row of its own: printable and at most 128 bytes.
    fileprivate var isNameable: Bool {
        utf8.count <= 128 && !isEmpty && !contains("\u{FFFD}")
            && unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
    }
}
