import Domain
import Glibc
import Logging
import SonicDB

/// Asks the databases that an agent with these options would have, and starts none.
struct DatabaseLook: Sendable {
    let options: AgentOptions
    /// Where programs are: `PATH`.
    let path: String

    /// Within the limit.
    func facts(within limit: Duration) async -> DatabaseFacts {
        let late = DatabaseFacts(problem: "no answer within \(limit.text)")
        guard let found = await Patience.blocking(limit / 2, find) else { return late }
        guard let databases = found.databases else { return found.facts }
        guard
            let answers = await Patience.wait(
                limit / 2, for: { await ask(databases, found.refusals, patience: limit / 3) })
        else {
            return late
        }
        var facts = found.facts
        if databases.server == nil || !answers.areNobodys { facts.answers = answers }
        return facts
    }

    private struct Found: Sendable {
        var facts = DatabaseFacts()
        /// Nil: for the facts' problem.
        var databases: Databases?
        /// Databases that the agent may not connect to.
        var refusals: [DatabaseEndpoint: RedisError] = [:]
    }

    /// With the agent's rights. Blocks.
    private func find() -> Found {
        Privileges.settle(options)
        var found = Found()
        found.facts.folderProblem = FolderAccess.obstacle(toWritingIn: options.stateDirectory)
        do {
            let databases = try Databases(options, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
            found.facts.place =
                databases.server == nil ? .sonic(map: options.databaseConfig) : .privateServer(program: redisServer)
            for endpoint in [databases.config, databases.state] { found.refusals[endpoint] = refusal(of: endpoint) }
            found.databases = databases
        } catch {
            found.facts.problem = "\(error)"
        }
        return found
    }

    /// By the socket's mode.
    private func refusal(of endpoint: DatabaseEndpoint) -> RedisError? {
        guard case .unix(let path) = endpoint.address, access(path, R_OK | W_OK) != 0, errno == EACCES else {
            return nil
        }
        return .unavailable(endpoint, cause: String(cString: strerror(EACCES)))
    }

    private var redisServer: String? {
        path.split(separator: ":").map { "\($0)/redis-server" }.first { access($0, X_OK) == 0 }
    }

    private func ask(
        _ databases: Databases, _ refusals: [DatabaseEndpoint: RedisError], patience: Duration
    ) async -> DatabaseFacts.Answers {
        func answer<Value: Sendable>(
            _ endpoint: DatabaseEndpoint, _ question: (Database) async throws(RedisError) -> Value
        ) async -> Result<Value, RedisError> {
            if let refusal = refusals[endpoint] { return .failure(refusal) }
            do throws(RedisError) {
                return .success(try await question(Database(endpoint, timeout: patience)))
            } catch {
                return .failure(error)
            }
        }
        async let config = answer(databases.config) { database throws(RedisError) in
            try await database.read(table: ConfigTable.global, keys: ["global"], guardKey: databases.guardKey)
        }
        async let state = answer(databases.state) { database throws(RedisError) in
            try await StatusView.read(database)
        }
        return await DatabaseFacts.Answers(config: config, hasGuard: databases.guardKey != nil, state: state)
    }
}
