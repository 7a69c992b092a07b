import Domain
import Logging
import SonicDB

/// What the agent remembers of each job beyond the kernel's own memory: latches, ends, the last counts.
struct JobMemory: Sendable {
    private struct Entry: Sendable {
        var status: OperStatus?
        var endedAt: UnixTime?
        /// At the last tick; nil before the first one: what came before it is no rate.
        var counted: (packets: UInt64, bytes: UInt64)?
        var rate = Rate()
    }

    /// Jobs whose `expires_at` has passed, with the value that did.
    private(set) var expired: [JobName: UnixTime] = [:]
    private var entries: [JobName: Entry] = [:]

    init() {}

    /// From what an earlier agent wrote into STATE_DB.
    init(_ rows: StateRows) {
        for (key, fields) in rows where key.table == StateTable.jobs {
            guard let name = JobName(key.key), let status = fields["oper_status"].flatMap(OperStatus.init) else {
                continue
            }
            entries[name] = Entry(status: status, endedAt: fields["ended_at"].flatMap { UnixTime(rfc3339: $0) })
            if status == .expired, let at = fields["expires_at"].flatMap({ UnixTime(rfc3339: $0) }) {
                expired[name] = at
            }
        }
    }

    /// Latches what has expired, and lets go of latches whose value was changed.
    mutating func remember(_ intents: [JobName: Intent]) {
        expired = expired.filter { intents[$0.key]?.job?.spec.expiresAt == $0.value }
        for case (let name, .expired(_, let at)) in intents { expired[name] = at }
    }

    /// Says of jobs whose rows are gone that they are.
    mutating func forgetAll(but jobs: [JobName: JobRow], _ logger: Logger) {
        for name in entries.keys where jobs[name] == nil {
            entries[name] = nil
            logger.notice("job \(name) is gone: its row was deleted")
        }
    }

    /// Adds times and rates; says a transition once.
    mutating func complete(
        _ report: JobReport, now: UnixTime, rateOver elapsed: Duration?, _ logger: Logger
    ) -> JobReport {
        let status = report.status
        var report = report
        var entry = entries[status.name] ?? Entry()
        if entry.status != status.operStatus { log(status, logger) }
        if !status.operStatus.isEnded {
            entry.endedAt = nil
        } else if entry.status?.isEnded != true || entry.endedAt == nil {
            entry.endedAt = now
        }
        if let elapsed {
            if let before = entry.counted, report.packets >= before.packets, report.bytes >= before.bytes {
                entry.rate = Rate(
                    packetsPerSecond: perSecond(report.packets - before.packets, elapsed),
                    bitsPerSecond: perSecond((report.bytes - before.bytes) &* 8, elapsed))
            } else {
                entry.rate = Rate()
            }
            entry.counted = (report.packets, report.bytes)
        }
        entry.status = status.operStatus
        entries[status.name] = entry
        (report.endedAt, report.rate) = (entry.endedAt, entry.rate)
        return report
    }

    private func perSecond(_ count: UInt64, _ elapsed: Duration) -> UInt64 {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        return seconds > 0 ? UInt64(exactly: (Double(count) / seconds).rounded()) ?? 0 : 0
    }

    private func log(_ status: JobStatus, _ logger: Logger) {
        let level: Logger.Level =
            switch status.operStatus {
            case .failed: .error
            case .degraded, .rejected: .warning
            default: .notice
            }
        let what = status.operStatus == .running ? "on \(status.interface ?? "")" : status.reason
        logger.log(level: level, "job \(status.name) is \(status.operStatus.rawValue): \(what)")
    }
}
