import Domain
import SonicDB

/// The rows that STATE_DB shall hold, all of them ours.
typealias StateRows = [TableKey: [String: String]]

extension StateRows {
    /// When the agent that wrote them reached its collector last: the end of that second.
    var lastExport: UnixTime? {
        let text = self[TableKey(table: StateTable.agent, key: "global")]?["otlp_last_export"]
        return text.flatMap { UnixTime(rfc3339: $0) }.map { UnixTime(nanoseconds: $0.nanoseconds + 1_000_000_000) }
    }
}

extension StateRows {
    /// Brings what was told of a job up to date, as far as its taps say it.
    mutating func recount(_ job: JobName, _ taps: [(id: TapID, state: TapState, counters: Counters)], now: UnixTime) {
        let key = TableKey(table: StateTable.jobs, key: job.text)
        guard var row = self[key] else { return }
        for tap in taps {
            let statistics = TableKey(table: StateTable.statistics, key: "\(job)|\(tap.id.direction.rawValue)")
            self[statistics]?.merge(tap.counters.fields) { $1 }
        }
        let classes = taps.flatMap { tap in PacketClass.allCases.map { tap.counters[$0] } }
        row["packets"] = String(classes.reduce(0) { $0 &+ $1.packets })
        row["bytes"] = String(classes.reduce(0) { $0 &+ $1.bytes })
        row[StateTable.updatedAt] = now.text
        if row["oper_status"] == OperStatus.running.rawValue, taps.contains(where: { $0.state.attachment == nil }) {
            row["oper_status"] = OperStatus.starting.rawValue
            row["reason"] = "waiting until CONFIG_DB is whole: CONFIG_DB_INITIALIZED is not set"
        }
        self[key] = row
    }

    mutating func forget(allBut jobs: Set<String>) {
        self = filter { jobs.contains(String($0.key.key.prefix { $0 != "|" })) }
    }

    /// Lets jobs that are still there have the counts that an earlier agent told: none is known now, and none has fallen.
    mutating func keepCounts(of earlier: StateRows) {
        for (key, fields) in earlier {
            let job = TableKey(table: StateTable.jobs, key: String(key.key.prefix { $0 != "|" }))
            guard self[job] != nil else { continue }
            if key == job {
                for name in ["packets", "bytes", "started_at"] { self[job]?[name] = fields[name] }
            } else if key.table != StateTable.agent {
                self[key] = fields
            }
        }
    }
}

extension StateSnapshot {
    /// TELEGEN_JOB_TABLE, TELEGEN_STATS_TABLE and TELEGEN_FLOW_TABLE.
    func rows(now: UnixTime) -> StateRows {
        var rows: StateRows = [:]
        for job in jobs {
            rows[TableKey(table: StateTable.jobs, key: job.status.name.text)] = job.fields(now: now)
            let flows = job.topFlows
            for tap in job.taps {
                let key = "\(job.status.name)|\(tap.direction.rawValue)"
                rows[TableKey(table: StateTable.statistics, key: key)] = tap.fields(reported: flows)
            }
            for (index, flow) in flows.enumerated() {
                rows[TableKey(table: StateTable.flows, key: "\(job.status.name)|\(index + 1)")] = flow.fields
            }
        }
        for (key, reason) in misnamed {
            rows[TableKey(table: StateTable.jobs, key: key)] = [
                "oper_status": OperStatus.rejected.rawValue, "reason": reason, StateTable.updatedAt: now.text,
            ]
        }
        return rows
    }
}

extension JobReport {
    /// A row of TELEGEN_JOB_TABLE; what is not known is empty.
    func fields(now: UnixTime) -> [String: String] {
        let spec = status.job?.spec
        return [
            "oper_status": status.operStatus.rawValue,
            "reason": status.reason,
            "warnings": status.warnings.joined(separator: "; "),
            "mode": status.mode?.rawValue ?? "",
            "interface": status.interface ?? "",
            "ifindex": status.ifindex.map { String($0) } ?? "",
            "attach_type": status.attachType?.rawValue ?? "none",
            "started_at": startedAt?.text ?? "",
            "ended_at": endedAt?.text ?? "",
            "expires_at": spec?.expiresAt?.rfc3339 ?? "",
            StateTable.updatedAt: now.text,
            "packets": String(packets),
            "bytes": String(bytes),
            "pps": String(rate.packetsPerSecond),
            "bps": String(rate.bitsPerSecond),
            "port": spec?.port.text ?? "",
            "direction": spec?.direction.rawValue ?? "",
            "sample_rate": effectiveSampleRate.map { String($0) } ?? "",
            "ns_per_packet": cost?.text ?? "",
        ]
    }
}

extension Counters {
    /// What every row of TELEGEN_STATS_TABLE has.
    var fields: [String: String] {
        var fields = [
            "size_bounds": Self.sizeBounds, "parse_errors": String(parseErrors),
            "filtered": String(filtered),
        ]
        for packetClass in PacketClass.allCases {
            let counters = self[packetClass]
            fields["\(packetClass.name)_packets"] = String(counters.packets)
            fields["\(packetClass.name)_bytes"] = String(counters.bytes)
            fields["\(packetClass.name)_sizes"] = counters.sizes.commaList
        }
        return fields
    }

    private static let sizeBounds = SizeBounds.upper.commaList
}

/// The changes that lead from one state of the tables to another, a job's rows side by side. A row in which only
/// `updated_at` would change is left alone.
func changes(from old: StateRows, to new: StateRows) -> [RowChange] {
    var changes: [(key: TableKey, change: RowChange)] = []
    for (key, fields) in new {
        let before = old[key] ?? [:]
        let isSame = fields.allSatisfy { before[$0.key] == $0.value || $0.key == StateTable.updatedAt }
        guard !isSame || before.keys.contains(where: { fields[$0] == nil }) else { continue }
        let changed = fields.filter { before[$0.key] != $0.value }
        let removed = Set(before.keys).subtracting(fields.keys)
        changes.append((key, .set(table: key.table, key: key.key, fields: changed, removing: removed)))
    }
    for key in old.keys where new[key] == nil {
        changes.append((key, .delete(table: key.table, key: key.key)))
    }
    return changes.sorted { $0.key.order < $1.key.order }.map(\.change)
}

extension TableKey {
    /// A job's rows are side by side, whatever other jobs are called.
    fileprivate var order: (Substring, String, String) { (key.prefix { $0 != "|" }, key, table) }
}
