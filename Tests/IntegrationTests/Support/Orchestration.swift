import SonicDB
import Testing

/// What SONiC's orchestration agent makes of `MIRROR_SESSION` (mirrororch of sonic-swss), as far as the agent sees it: a
/// session is taken as it is written first and appears in STATE_DB; one with a field that it does not know, or without a
/// destination, is ignored without a word, and so is every change of a row; a deletion takes the session out of STATE_DB.
actor Orchestration {
    private let config: Database
    private let state: Database
    /// Of sessions that are taken from now on.
    var status = "active"
    /// Every name that was taken, in their order.
    private(set) var taken: [String] = []
    private var known: Set<String> = []
    /// Rows of which something has been heard, and that were not looked at.
    private var heard: Set<String> = []
    /// It does not come to its work.
    private var isBusy = false

    init(_ config: Database, _ state: Database) { (self.config, self.state) = (config, state) }

    func setStatus(_ status: String) { self.status = status }

    func pause() { isBusy = true }

    func resume() async throws {
        isBusy = false
        try await work()
    }

    /// Runs beside `body`.
    static func running(
        beside agent: AgentUnderTest, _ body: (Orchestration) async throws -> Void
    ) async throws {
        let orchestration = Orchestration(agent.config, agent.state)
        let watcher = TableWatcher(
            agent.config.endpoint, tables: ["MIRROR_SESSION"], guardKey: nil, logger: .init(label: "test"))
        let work = Task { for await batch in watcher.batches() { try? await orchestration.follow(batch) } }
        defer { work.cancel() }
        try await body(orchestration)
    }

    private static let fields: Set<String> = [
        "type", "src_ip", "dst_ip", "gre_type", "dscp", "ttl", "queue", "policer", "dst_port", "src_port", "direction",
    ]

    /// It looks at rows of which it has heard, and when it starts at those that are there: a flush goes by unheard.
    private func follow(_ batch: KeyBatch) async throws {
        switch batch {
        case .keys(let keys): heard.formUnion(keys.map(\.key))
        case .resync: heard.formUnion(try await config.keys(of: "MIRROR_SESSION"))
        }
        try await work()
    }

    private func work() async throws {
        guard !isBusy else { return }
        let names = heard.sorted()
        heard = []
        let rows = try await config.read(table: "MIRROR_SESSION", keys: names, guardKey: nil).rows
        for name in names {
            guard case .row(let row)? = rows[name] else {
                if known.remove(name) != nil {
                    try await state.apply([.delete(table: "MIRROR_SESSION_TABLE", key: name)])
                }
                continue
            }
            guard !known.contains(name), row.fields["dst_ip"] != nil, Set(row.fields.keys).isSubset(of: Self.fields),
                row.fields["src_port"] != "Ethernet99"
            else { continue }
            known.insert(name)
            taken.append(name)
            try await state.apply([.set(table: "MIRROR_SESSION_TABLE", key: name, fields: ["status": status])])
        }
    }
}
