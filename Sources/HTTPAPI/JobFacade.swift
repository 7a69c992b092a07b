import Domain
import SonicDB

/// What can be asked of jobs, by HTTP or from the command line: requests and answers are JSON, writes go to CONFIG_DB, reads
/// come from STATE_DB.
public struct JobFacade: Sendable {
    let store: JobStore
    let mayNameEnds: Bool
    let origin: Origin?
    let now: @Sendable () -> UnixTime

    /// How long the answer to a start waits for the job's first status.
    private static let patience = Duration.seconds(1)

    /// - Parameters:
    ///   - guardKey: the key of CONFIG_DB that is there when it is whole; nil: it always is.
    ///   - mayNameEnds: requests may name tunnel end points.
    ///   - origin: of the rows that are made.
    ///   - now: the wall clock.
    public init(
        config: DatabaseEndpoint, state: DatabaseEndpoint, guardKey: String?, mayNameEnds: Bool,
        origin: Origin?, now: @escaping @Sendable () -> UnixTime
    ) {
        // Connections of its own: nobody who asks keeps the agent from its databases.
        store = JobStore(config: Database(config), state: Database(state), guardKey: guardKey)
        (self.mayNameEnds, self.origin, self.now) = (mayNameEnds, origin, now)
    }

    /// Makes a job. `job_id`, `status` and `interface`, which is the true one when the agent says it within a second.
    ///
    /// - Parameter key: the client's name for this request: asked twice, the job is made once and the answer is the same.
    public func start(_ body: JSON, key: IdempotencyKey? = nil) async throws(Problem) -> JSON {
        let wanted = try JobRequest(body, now: now(), mayNameEnds: mayNameEnds, origin: origin)
        let name = wanted.name ?? key?.jobName ?? .random
        do {
            try await store.create(name, wanted.fields)
        } catch {
            guard key != nil, error.status == .conflict, let job = try await store.job(name), job.isAs(wanted) else {
                throw error
            }
        }
        let first = try await store.firstStatus(of: name, within: Self.patience)
        let interface = first?["interface"].flatMap { $0.isEmpty ? nil : $0 } ?? wanted.spec.port.text
        return ["job_id": .string(name.text), "status": "starting", "interface": .string(interface)]
    }

    /// All jobs, or those in one of these states.
    public func list(_ states: Set<OperStatus> = []) async throws(Problem) -> JSON {
        let jobs = try await store.jobs()
        let wanted = jobs.filter { job in states.isEmpty || states.contains { $0.rawValue == job.status } }
        return ["jobs": .array(wanted.map { $0.answer })]
    }

    public func show(_ job: String) async throws(Problem) -> JSON { try await find(job).answer }

    /// Removes rows that HTTP made, a day after their jobs have ended; how many.
    func sweep() async throws(Problem) -> Int {
        let latest = now().nanoseconds - Self.keptFor
        var removed = 0
        for job in try await store.jobs() where job.row["origin"] == Origin.api.rawValue && !job.isUp {
            guard let end = job.state?["ended_at"].flatMap({ UnixTime(rfc3339: $0) }), end.nanoseconds < latest,
                let name = JobName(job.name)
            else { continue }
            try await store.remove(name)
            removed += 1
        }
        return removed
    }

    private static let keptFor: UInt64 = 24 * 3600 * 1_000_000_000

    /// Sets `admin_state` down; the job stays readable.
    public func stop(_ job: String) async throws(Problem) -> JSON {
        let name = try Self.name(job)
        try await store.stop(name)
        return Self.stopped(name)
    }

    /// Removes the row, and with it the numbers.
    public func remove(_ job: String) async throws(Problem) -> JSON {
        let name = try Self.name(job)
        try await store.remove(name)
        return Self.stopped(name)
    }

    /// What a job has measured.
    public func results(_ job: String) async throws(Problem) -> JSON {
        let job = try await find(job)
        let directions = Direction.allCases.map(\.rawValue)
        let found = try await store.rows(of: StateTable.statistics, directions.map { "\(job.name)|\($0)" })
        let pairs = directions.compactMap { direction in found["\(job.name)|\(direction)"].map { (direction, $0) } }
        let ranks = (1...job.topFlows).map { "\(job.name)|\($0)" }
        let flows = try await store.rows(of: StateTable.flows, ranks)
        return JobResults(
            job: job, statistics: Dictionary(uniqueKeysWithValues: pairs), flows: ranks.compactMap { flows[$0] },
            agent: try await store.agent(), now: now()
        ).answer
    }

    /// The agent's own row as it is; empty when there is none.
    public func agent() async throws(Problem) -> JSON {
        .object(try await store.agent().mapValues { .string($0) })
    }

    private func find(_ job: String) async throws(Problem) -> StoredJob {
        let name = try Self.name(job)
        guard let found = try await store.job(name) else { throw .noJob(name.text) }
        return found
    }

    private static func name(_ text: String) throws(Problem) -> JobName {
        guard let name = JobName(text) else { throw .noJob(text.prefix(80).debugDescription) }
        return name
    }

    private static func stopped(_ name: JobName) -> JSON { ["job_id": .string(name.text), "status": "stopped"] }
}

extension JobName {
    /// A UUID (RFC 9562, version 4).
    fileprivate static var random: JobName {
        var random = SystemRandomNumberGenerator()
        return JobName(uuid: random.next() & ~0xf000 | 0x4000, random.next() & ~(3 << 62) | 2 << 62)
    }

    /// A UUID in lower case.
    init(uuid high: UInt64, _ low: UInt64) {
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)].map { digits.dropFirst($0).prefix($1 - $0) }
        self.init(parts.joined(separator: "-"))!
    }
}

extension StoredJob {
    /// Whether its row says what was asked for; when it ends depends on when that was.
    fileprivate func isAs(_ request: JobRequest) -> Bool {
        func lasting(_ fields: [String: String]) -> [String: String] {
            fields.filter { !["expires_at", "admin_state"].contains($0.key) }
        }
        return lasting(row) == lasting(request.fields)
    }

    /// How many flows it reports at most.
    fileprivate var topFlows: Int { min(1024, max(1, row["top_flows"].flatMap { Int($0) } ?? 16)) }
}
