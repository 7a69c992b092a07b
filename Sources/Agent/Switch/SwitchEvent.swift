import Domain
import SonicDB

/// One of the events of yang/sonic-events-telegen.yang.
struct SwitchEvent: Hashable, Sendable {
    /// The name of its container in the model.
    let tag: String
    let parameters: [String: String]

    /// Of a reason, in characters: the model's bound, by which an event has less than SONiC's 1024 bytes.
    private static let longestReason = 256

    private init(_ tag: String, _ parameters: [String: String], reason: String) {
        self.tag = tag
        self.parameters = parameters.merging(reason.isEmpty ? [:] : ["reason": Self.plain(reason)]) { own, _ in own }
    }

    /// A job has another status than before, or was `deleted`.
    static func job(_ name: String, port: String?, status: String, reason: String) -> SwitchEvent {
        let port = port.flatMap { NetdevName($0)?.text }
        return SwitchEvent(
            "job-state", ["job": name, "status": status].merging(port.map { ["port": $0] } ?? [:]) { own, _ in own },
            reason: reason)
    }

    /// The collector cannot be reached any more, or can again.
    static func export(to endpoint: String, isFailing: Bool, reason: String) -> SwitchEvent {
        let isPlain =
            (1...255).contains(endpoint.utf8.count)
            && endpoint.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"\\".utf8.contains($0) }
        return SwitchEvent(
            "otlp-export",
            ["status": isFailing ? "failing" : "recovered"].merging(isPlain ? ["endpoint": endpoint] : [:]) { own, _ in
                own
            },
            reason: reason)
    }

    /// A database cannot be reached any more, or can again.
    static func database(_ name: String, isLost: Bool, reason: String) -> SwitchEvent {
        SwitchEvent("database-connection", ["database": name, "status": isLost ? "lost" : "restored"], reason: reason)
    }

    /// What the model lets a reason have: printable ASCII.
    private static func plain(_ text: String) -> String {
        let characters = text.unicodeScalars.prefix(longestReason).map { scalar -> Character in
            (0x20...0x7E).contains(scalar.value) ? Character(scalar) : "?"
        }
        return String(characters)
    }
}

/// Finds the events in what STATE_DB is told, one row after the other.
struct SwitchEvents {
    private var jobs: [String: String] = [:]
    private var isFailing = false

    /// - Parameter earlier: what an earlier agent left there: what has not changed since is no event.
    init(_ earlier: StateRows = [:]) {
        for (key, fields) in earlier where key.table == StateTable.jobs { jobs[key.key] = fields["oper_status"] }
        isFailing = earlier[TableKey(table: StateTable.agent, key: "global")]?["otlp_status"] == "failing"
    }

    /// Of the jobs' rows, all of them. That a job is `starting` is no event: what comes of it is.
    mutating func events(jobs rows: StateRows) -> [SwitchEvent] {
        var (events, new) = ([SwitchEvent](), [String: String]())
        let told = rows.filter { $0.key.table == StateTable.jobs }
        for (key, fields) in told.sorted(by: { $0.key.key < $1.key.key }) {
            guard JobName(key.key) != nil, let status = fields["oper_status"] else { continue }
            guard status != OperStatus.starting.rawValue else {
                new[key.key] = jobs[key.key]
                continue
            }
            new[key.key] = status
            if jobs[key.key] != status {
                events.append(
                    .job(key.key, port: fields["port"], status: status, reason: fields["reason"] ?? ""))
            }
        }
        for name in jobs.keys.sorted() where new[name] == nil && JobName(name) != nil {
            events.append(.job(name, port: nil, status: "deleted", reason: ""))
        }
        jobs = new
        return events
    }

    /// Of the agent's own row. Exports that have not begun are no news.
    mutating func events(agent row: [String: String]) -> [SwitchEvent] {
        let endpoint = row["otlp_endpoint"] ?? ""
        switch (row["otlp_status"], isFailing) {
        case ("failing", false):
            isFailing = true
            return [.export(to: endpoint, isFailing: true, reason: row["otlp_last_error"] ?? "")]
        case ("ok", true):
            isFailing = false
            return [.export(to: endpoint, isFailing: false, reason: "")]
        default: return []
        }
    }
}
