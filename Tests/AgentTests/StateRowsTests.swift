import Domain
import SonicDB
import Testing

@testable import Agent

@Suite("Rows of STATE_DB")
struct StateRowsTests {
    let key = TableKey(table: StateTable.jobs, key: "a")

    @Test("only changed fields are written")
    func changedFields() {
        let changes = changes(from: [key: ["x": "1", "y": "1"]], to: [key: ["x": "1", "y": "2"]])
        #expect(changes == [.set(table: StateTable.jobs, key: "a", fields: ["y": "2"], removing: [])])
    }

    @Test("a row in which only updated_at would change is left alone")
    func updatedAtAlone() {
        #expect(changes(from: [key: ["x": "1", "updated_at": "1"]], to: [key: ["x": "1", "updated_at": "2"]]).isEmpty)
        let both = changes(from: [key: ["x": "1", "updated_at": "1"]], to: [key: ["x": "2", "updated_at": "2"]])
        #expect(both == [.set(table: StateTable.jobs, key: "a", fields: ["x": "2", "updated_at": "2"], removing: [])])
    }

    @Test("fields and rows that are no more are removed")
    func removed() {
        let stale = TableKey(table: StateTable.statistics, key: "old|ingress")
        let changes = changes(from: [key: ["x": "1", "y": "1"], stale: ["z": "1"]], to: [key: ["x": "1"]])
        #expect(
            changes == [
                .set(table: StateTable.jobs, key: "a", fields: [:], removing: ["y"]),
                .delete(table: StateTable.statistics, key: "old|ingress"),
            ])
    }

    @Test("a job's statistics stand beside its row, so that one transaction holds both")
    func order() {
        let rows: StateRows = [
            TableKey(table: StateTable.jobs, key: "b"): ["x": "1"],
            TableKey(table: StateTable.statistics, key: "a|ingress"): ["x": "1"],
            TableKey(table: StateTable.jobs, key: "a"): ["x": "1"],
        ]
        #expect(keys(rows) == ["a", "a|ingress", "b"])
    }

    @Test("a job whose name begins as another's does not come between that one's rows")
    func similarNames() {
        let rows: StateRows = [
            TableKey(table: StateTable.jobs, key: "a"): ["x": "1"],
            TableKey(table: StateTable.jobs, key: "a-1"): ["x": "1"],
            TableKey(table: StateTable.flows, key: "a|1"): ["x": "1"],
            TableKey(table: StateTable.statistics, key: "a|ingress"): ["x": "1"],
        ]
        #expect(keys(rows) == ["a", "a|1", "a|ingress", "a-1"])
    }

    private func keys(_ rows: StateRows) -> [String] {
        changes(from: [:], to: rows).map { change in
            if case .set(_, let key, _, _) = change { key } else { "" }
        }
    }

    @Test("a running job's rows have every field of the contract, and buckets that add up")
    func fields() throws {
        var tap = Snapshots.tap(packets: 3, bytes: 999)
        tap.counters[.ipv6].sizes[14] = 2
        tap.counters.parseErrors = 1
        let rows = StateSnapshot(jobs: [Snapshots.job([tap])]).rows(now: UnixTime(nanoseconds: 1_000_000_000))
        let job = try #require(rows[key])
        #expect(
            Set(job.keys) == [
                "oper_status", "reason", "warnings", "mode", "interface", "ifindex", "attach_type", "started_at",
                "ended_at", "expires_at", "updated_at", "packets", "bytes", "pps", "bps", "port", "direction",
                "sample_rate", "ns_per_packet",
            ])
        #expect(job["oper_status"] == "running")
        #expect(job["reason"] == "")
        #expect(job["packets"] == "5" && job["bytes"] == "999")
        #expect(job["started_at"] == "1970-01-01T00:00:02Z")
        let statistics = try #require(rows[TableKey(table: StateTable.statistics, key: "a|ingress")])
        #expect(statistics["ipv6_packets"] == "5" && statistics["ipv6_bytes"] == "999")
        #expect(statistics["ipv6_sizes"] == "0,3,0,0,0,0,0,0,0,0,0,0,0,0,2")
        #expect(statistics["ipv4_packets"] == "0" && statistics["parse_errors"] == "1" && statistics["filtered"] == "0")
        #expect(
            statistics["size_bounds"] == "64,128,256,512,1024,1280,1518,2048,4096,8192,9216,16384,32768,65536")
    }

    @Test("a row with a bad name is rejected under that name")
    func misnamed() {
        let rows = StateSnapshot(misnamed: ["not a name": "why"]).rows(now: UnixTime(nanoseconds: 0))
        #expect(rows[TableKey(table: StateTable.jobs, key: "not a name")]?["oper_status"] == "rejected")
    }
}
