import Logging
import Synchronization

/// The agent's own redis-server, for machines without SONiC: on a Unix socket that only the agent's user may reach,
/// with SONiC's settings, as a daemon in a session of its own (a Ctrl-C in the agent's terminal does not reach it).
///
/// Rows survive a graceful `stop()` (in a dump, which the next start loads) and the death of the agent (the server
/// lives on and is adopted). After a crash of the server itself the rows are those of the last dump, which is made soon
/// after `rowsChanged()`.
public struct PrivateServer: Sendable {
    let folder: ServerFolder
    private let logger: Logger
    private let health = Mutexed(ServerHealth())

    /// - Parameter folder: such as `/var/lib/telegen-sonic/redis`; made with mode 0700 by `start()`.
    public init(folder: String, logger: Logger) {
        self.folder = ServerFolder(path: folder)
        self.logger = logger
    }

    /// Where its databases are, whether it runs or not.
    public var map: DatabaseMap { .privateServer(socket: folder.socket) }

    /// Adopts the server that an earlier agent left, else starts one. It answers when this returns: within 5 s, or 15 s
    /// when an old one hangs and has to be ended.
    ///
    /// Throws `PrivateServerError`, or `RedisError` when the server refuses its settings.
    public func start() async throws {
        try folder.prepare()
        try await folder.locked(until: .now + Self.lockPatience) {
            if try await adopt() { return }
            try await launch()
        }
    }

    /// Restarts a server that has died, or has not answered for 30 s; for calling every few seconds. Throws while there
    /// is none, at once when the back-off after a failed restart (up to 5 s) has not ended.
    public func ensureRunning() async throws {
        switch await ping(timeout: .seconds(2)) {
        case .answering:
            health.withLock { $0.answered() }
            return await saveChanges()
        case .silent(let error):
            guard health.withLock({ $0.isGivenUp(at: .now) }) else { throw error }
        case .gone: break
        }
        if let wait = health.withLock({ $0.backoff.wait() }) {
            throw PrivateServerError(cause: "could not be restarted", remedy: "the next attempt is in \(wait.text)")
        }
        do {
            try await start()
            health.withLock { $0.answered() }
            logger.notice("restarted the private redis-server; its rows are those of its last dump")
        } catch {
            health.withLock { $0.backoff.fail() }
            throw error
        }
    }

    /// Saves the rows and ends the server, within about 10 s. A server that cannot save (disk full) is left running, so
    /// that the rows are not lost. Also works in a cancelled task.
    public func stop() async {
        guard folder.hasServer else { return }
        do {
            try await folder.locked(until: .now + Self.lockPatience) { await shutDown() }
        } catch {
            logger.warning("\(error)")
        }
    }
}

extension PrivateServer {
    /// Rows that somebody wants to keep have changed: they are saved when `ensureRunning` looks next.
    public func rowsChanged() { health.withLock { $0.isUnsaved = true } }

    /// In the background, as the server does it. Where it cannot (disk full) it is tried again.
    private func saveChanges() async {
        guard let database = try? configDB(timeout: .seconds(2)) else { return }
        let report = try? await database.send(["INFO", "persistence"])
        let hasFailed = report?.text?.contains("rdb_last_bgsave_status:err") == true
        let isNew = health.withLock { health in
            defer { health.hasFailedToSave = hasFailed }
            return hasFailed && !health.hasFailedToSave
        }
        if isNew {
            logger.warning("the private redis-server cannot save its rows: see \(folder.logFile); it is tried again")
        }
        guard health.withLock({ $0.takeUnsaved() }) || hasFailed else { return }
        if (try? await database.send(["BGSAVE"])) == nil { rowsChanged() }
    }

    private static let patience = Duration.seconds(5)
    /// Another task may be ending a server that hangs and starting one anew.
    private static let lockPatience = Duration.seconds(15)

    private enum Answer {
        case answering
        /// Something is there, but it does not answer as it should.
        case silent(RedisError)
        case gone
    }

    private func configDB(timeout: Duration) throws(DatabaseMapError) -> Database {
        Database(try map.endpoint(of: "CONFIG_DB"), clientName: "telegen-server", timeout: timeout)
    }

    private func ping(timeout: Duration) async -> Answer {
        do throws(RedisError) {
            guard let database = try? configDB(timeout: timeout) else { return .gone }
            try await database.send(["PING"])
            return .answering
        } catch {
            if case .unavailable = error { return .gone }
            return .silent(error)
        }
    }

    /// False when there is no server left to adopt.
    private func adopt() async throws -> Bool {
        let deadline = Instant.now + Self.patience
        while .now < deadline {
            switch await ping(timeout: .seconds(1)) {
            case .answering:
                try await configure()
                logger.info("adopted the private redis-server on \(folder.socket)")
                return true
            case .gone where ServerProcess(in: folder) == nil: return false
            case .gone, .silent: await pause(.milliseconds(50))
            }
        }
        guard let process = ServerProcess(in: folder) else {
            throw PrivateServerError(
                cause: "what listens on \(folder.socket) does not answer and is not the server of its pid file",
                remedy: "end it, or choose another folder")
        }
        logger.warning("the private redis-server (pid \(process.pid)) does not answer; ending it")
        await process.end()
        return false
    }

    private func launch() async throws {
        folder.trimLog()
        try folder.writeConfiguration()
        try await RedisServerProgram.run(configuration: folder.configurationFile)
        let deadline = Instant.now + Self.patience
        while true {
            if case .answering = await ping(timeout: .seconds(1)) { break }
            guard .now < deadline else {
                throw PrivateServerError(
                    cause: "does not answer after its start: \(folder.logTail)",
                    remedy: "see \(folder.logFile); if the dump is damaged, remove \(folder.dumpFile)")
            }
            await pause(.milliseconds(20))
        }
        try await configure()
        logger.info("started a private redis-server on \(folder.socket)")
    }

    /// What clients of SONiC's databases rely on.
    private func configure() async throws {
        let database = try configDB(timeout: .seconds(2))
        try await database.send(["CONFIG", "SET", "notify-keyspace-events", "AKE"])
        try await database.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
    }

    private func shutDown() async {
        let process = ServerProcess(in: folder)
        do throws(RedisError) {
            guard let database = try? configDB(timeout: .seconds(5)) else { return }
            try await database.send(["SHUTDOWN", "SAVE"])
        } catch {
            switch error {
            case .server:
                logger.error("the private redis-server cannot save its rows and is left running: \(error)")
                return
            // The server's answer is to close the connection.
            case .lost, .unavailable, .unexpectedReply: break
            }
        }
        guard let process, await !process.ended(by: .now + .seconds(2)) else { return }
        logger.warning("the private redis-server (pid \(process.pid)) does not end by itself; ending it")
        await process.end()
    }
}
