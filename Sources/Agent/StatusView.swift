import Domain
import SonicDB

/// What STATE_DB says of the agent and its jobs, for the command line.
public struct StatusView: Sendable {
    /// One row of TELEGEN_JOB_TABLE, with its rows of TELEGEN_STATS_TABLE by direction.
    public struct Job: Sendable {
        public let name: String
        public let fields: [String: String]
        public let statistics: [String: [String: String]]

        public init(name: String, fields: [String: String], statistics: [String: [String: String]]) {
            (self.name, self.fields, self.statistics) = (name, fields, statistics)
        }
    }

    /// TELEGEN_AGENT_TABLE|global; empty when there is none.
    public let agent: [String: String]
    /// In the order of their names.
    public let jobs: [Job]

    public init(agent: [String: String], jobs: [Job]) { (self.agent, self.jobs) = (agent, jobs) }

    /// Reads it where the agent with the same options writes it.
    ///
    /// - Parameter job: only this one, with its statistics.
    public static func read(_ options: AgentOptions, job: String? = nil) async throws -> StatusView {
        let databases = try Databases(options, logger: .init(label: "telegen-sonic"))
        return try await read(Database(databases.state), job: job)
    }

    static func read(_ database: Database, job: String? = nil) async throws(RedisError) -> StatusView {
        let names = if let job { [job] } else { try await database.keys(of: StateTable.jobs) }
        let rows = try await database.read(table: StateTable.jobs, keys: names, guardKey: nil).rows
        let agent = try await database.read(table: StateTable.agent, keys: ["global"], guardKey: nil).rows["global"]
        let directions = job.map { name in ["ingress", "egress"].map { "\(name)|\($0)" } } ?? []
        let statistics = try await database.read(table: StateTable.statistics, keys: directions, guardKey: nil).rows
        let jobs = names.sorted().compactMap { name -> Job? in
            guard let fields = rows[name]?.fields else { return nil }
            let own = statistics.compactMap { key, state in
                state.fields.map { (String(key.dropFirst(name.count + 1)), $0) }
            }
            return Job(name: name, fields: fields, statistics: Dictionary(own) { first, _ in first })
        }
        return StatusView(agent: agent?.fields ?? [:], jobs: jobs)
    }
}

extension RowState {
    /// Nil: it is no row.
    var fields: [String: String]? {
        if case .row(let row) = self { row.fields } else { nil }
    }
}
