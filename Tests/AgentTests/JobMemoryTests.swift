import Domain
import Logging
import SonicDB
import Testing

@testable import Agent

@Suite("What is remembered of a job")
struct JobMemoryTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let name = JobName("a")!

    private func intent(expiresAt: UInt64) -> Intent {
        var spec = JobSpec(port: NetdevName("Ethernet0")!)
        spec.expiresAt = UnixTime(nanoseconds: expiresAt)
        return .expired(ParsedJob(spec: spec, warnings: []), at: UnixTime(nanoseconds: expiresAt))
    }

    private func status(_ intent: Intent) -> JobStatus {
        JobStatus(
            name, intent, Desired(mirror: AgentMirror()), Observed(now: UnixTime(nanoseconds: 0)))
    }

    @Test("an expiry is latched until its value changes or the row goes")
    func latch() {
        var memory = JobMemory()
        memory.remember([name: intent(expiresAt: 5)])
        #expect(memory.expired == [name: UnixTime(nanoseconds: 5)])
        memory.remember([:])
        #expect(memory.expired.isEmpty)
    }

    @Test("a restarted agent finds the latch and the end in STATE_DB")
    func recovered() {
        let rows: StateRows = [
            TableKey(table: StateTable.jobs, key: "a"): [
                "oper_status": "expired", "expires_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z",
            ],
            TableKey(table: StateTable.jobs, key: "not a name"): ["oper_status": "expired"],
            TableKey(table: StateTable.jobs, key: "b"): ["oper_status": "nonsense"],
        ]
        var memory = JobMemory(rows)
        let at = UnixTime(rfc3339: "2026-01-01T00:00:00Z")!
        #expect(memory.expired == [name: at])
        let report = memory.complete(
            JobReport(status: status(intent(expiresAt: at.nanoseconds)), taps: []), now: UnixTime(nanoseconds: 1),
            rateOver: nil, logger)
        #expect(report.endedAt?.text == "2026-01-01T00:00:01Z")
    }

    @Test("rates are what came over the interval, not what was there before the first one")
    func rates() {
        var memory = JobMemory()
        let status = status(.rejected(nil, reason: "x"))
        for (packets, expected) in [(UInt64(100), UInt64(0)), (400, 150), (400, 0), (10, 0)] {
            var counters = Counters()
            counters[.ipv4].sizes[0] = packets
            counters[.ipv4].bytes = packets * 10
            let tap = TapReport(direction: .ingress, startedAt: UnixTime(nanoseconds: 1), counters: counters)
            let report = memory.complete(
                JobReport(status: status, taps: [tap]), now: UnixTime(nanoseconds: 1), rateOver: .seconds(2), logger)
            #expect(report.rate == Rate(packetsPerSecond: expected, bitsPerSecond: expected * 80))
        }
    }
}
