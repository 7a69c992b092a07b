import Domain
import SonicDB
import Testing

@testable import Agent

@Suite("Rows of CONFIG_DB")
struct JobRowStoreTests {
    private func store(_ state: RowState, _ key: String) -> (jobs: [JobName: JobRow], misnamed: [String: String]) {
        var jobs: [JobName: JobRow] = [:]
        var misnamed: [String: String] = [:]
        JobRow.store(state, key, in: &jobs, misnamed: &misnamed)
        return (jobs, misnamed)
    }

    @Test("a good row is a job, a bad one has its reason, something else than a hash too")
    func kinds() {
        guard case .job = store(.row(Row(fields: ["port": "Ethernet0"])), "a").jobs[JobName("a")!] else {
            Issue.record("no job")
            return
        }
        for state in [RowState.row(Row(fields: ["port": "a b"])), .row(Row()), .wrongType] {
            guard case .rejected(let reason) = store(state, "a").jobs[JobName("a")!] else {
                Issue.record("not rejected")
                return
            }
            #expect(!reason.isEmpty)
        }
    }

    @Test("a row that is gone is gone")
    func absent() {
        #expect(store(.absent, "a").jobs.isEmpty)
        #expect(store(.absent, "bad name").misnamed.isEmpty)
    }

    @Test("a bad name is shown when it is printable and short")
    func names() {
        let row = RowState.row(Row(fields: ["port": "Ethernet0"]))
        #expect(store(row, "bad name").misnamed.keys.contains("bad name"))
        #expect(store(row, "-a").misnamed.count == 1)
        #expect(store(row, "tab\there").misnamed.isEmpty)
        #expect(store(row, "\u{FFFD}").misnamed.isEmpty)
        #expect(store(row, String(repeating: "x", count: 129)).misnamed.isEmpty)
        #expect(store(row, String(repeating: "x", count: 128)).misnamed.count == 1)
    }
}
