import Domain

/// Whether an agent runs, by its row of STATE_DB.
enum AgentSign: Hashable, Sendable {
    /// STATE_DB does not say.
    case unknown
    case none
    /// Its heartbeat is so old.
    case stale(Duration)
    case alive(version: String, pid: Int?)

    /// - Parameters:
    ///   - row: TELEGEN_AGENT_TABLE|global; nil: STATE_DB does not answer.
    ///   - interval: `status_interval` in seconds. A heartbeat may come late by two more.
    init(_ row: [String: String]?, interval: Int, now: UnixTime) {
        guard let row else {
            self = .unknown
            return
        }
        guard let heartbeat = row["heartbeat"].flatMap({ UnixTime(rfc3339: $0) }) else {
            self = .none
            return
        }
        let age = now.since(heartbeat)
        guard age <= .seconds(3 * interval) else {
            self = .stale(age)
            return
        }
        // Whoever can write into STATE_DB shall not write on a terminal.
        let version = (row["version"] ?? "").unicodeScalars.prefix(40).filter { ("!"..."~").contains($0) }
        self = .alive(version: String(String.UnicodeScalarView(version)), pid: row["pid"].flatMap { Int($0) })
    }

    var isAlive: Bool { if case .alive = self { true } else { false } }
}

extension Finding {
    static func agent(_ sign: AgentSign) -> Finding {
        let (name, start) = ("agent", "start it: telegen-sonic run, or its service")
        switch sign {
        case .unknown: return warn(name, "not known: STATE_DB does not say", "see the databases above")
        case .none: return warn(name, "none has written into STATE_DB", start)
        case .stale(let age): return warn(name, "its last heartbeat is \(age.components.seconds) s old", start)
        case .alive(let version, let pid):
            return ok(name, "runs: version \(version), pid \(pid.map { "\($0)" } ?? "unknown")")
        }
    }

    /// - Parameter statuses: the jobs' `oper_status`.
    static func jobs(_ statuses: [String]) -> Finding {
        let counts = OperStatus.allCases.compactMap { status -> String? in
            let count = statuses.count { $0 == status.rawValue }
            return count > 0 ? "\(count) \(status)" : nil
        }
        let found = (["\(statuses.count) in STATE_DB"] + counts).joined(separator: ", ")
        let troubled = [OperStatus.failed, .rejected, .degraded].map(\.rawValue)
        guard statuses.contains(where: troubled.contains) else { return ok("jobs", found) }
        return warn("jobs", found, "telegen-sonic status tells why, and what helps")
    }
}
