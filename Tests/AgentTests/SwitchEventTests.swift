import Domain
import SonicDB
import Testing

@testable import Agent

@Suite("Events for SONiC")
struct SwitchEventTests {
    private func rows(_ jobs: (name: String, status: String, reason: String)...) -> StateRows {
        let pairs = jobs.map { job in
            (
                TableKey(table: StateTable.jobs, key: job.name),
                ["oper_status": job.status, "reason": job.reason, "port": "Ethernet0"]
            )
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test("tell what becomes of a job once, with the reason, and its end")
    func jobs() {
        var events = SwitchEvents()
        #expect(events.events(jobs: rows(("a", "starting", "being attached"))).isEmpty)
        #expect(
            events.events(jobs: rows(("a", "running", ""))) == [
                .job("a", port: "Ethernet0", status: "running", reason: "")
            ])
        #expect(events.events(jobs: rows(("a", "running", ""))).isEmpty)
        #expect(events.events(jobs: rows(("a", "starting", ""), ("b", "starting", ""))).isEmpty)
        let failed = events.events(jobs: rows(("a", "failed", "no memory"), ("b", "running", "")))
        #expect(
            failed.map(\.parameters) == [
                ["job": "a", "port": "Ethernet0", "status": "failed", "reason": "no memory"],
                ["job": "b", "port": "Ethernet0", "status": "running"],
            ])
        #expect(
            events.events(jobs: [:]).map(\.parameters) == [
                ["job": "a", "status": "deleted"], ["job": "b", "status": "deleted"],
            ])
    }

    @Test("do not tell again what an earlier agent has told")
    func restart() {
        var events = SwitchEvents(rows(("a", "running", ""), ("b", "running", "")))
        #expect(
            events.events(jobs: rows(("a", "running", ""))).map(\.parameters) == [["job": "b", "status": "deleted"]])
    }

    @Test("tell when exporting fails and when it works again, and nothing before it has begun")
    func export() {
        var events = SwitchEvents()
        func tell(_ status: String, _ error: String = "") -> [SwitchEvent] {
            events.events(agent: ["otlp_status": status, "otlp_last_error": error, "otlp_endpoint": "gateway:4317"])
        }
        #expect(tell("starting").isEmpty && tell("ok").isEmpty)
        #expect(tell("failing", "refused") == [.export(to: "gateway:4317", isFailing: true, reason: "refused")])
        #expect(tell("failing", "timeout").isEmpty)
        #expect(tell("ok") == [.export(to: "gateway:4317", isFailing: false, reason: "")])
        // An earlier agent has told it.
        let agent = TableKey(table: StateTable.agent, key: "global")
        events = SwitchEvents([agent: ["otlp_status": "failing"]])
        #expect(tell("failing", "refused").isEmpty && tell("ok").count == 1)
    }

    @Test("hold what the model allows: short reasons of printable ASCII, names that are names")
    func bounds() {
        let event = SwitchEvent.job(
            "a", port: "no/netdev", status: "failed", reason: String(repeating: "ä\n", count: 300))
        #expect(event.parameters["port"] == nil)
        let odd = SwitchEvent.export(to: "unix:/a b", isFailing: true, reason: "")
        #expect(odd.parameters == ["status": "failing"])
        #expect(event.parameters["reason"] == String(repeating: "?", count: 256))
        var events = SwitchEvents()
        #expect(events.events(jobs: rows(("no name", "rejected", "x"))).isEmpty)
    }
}
