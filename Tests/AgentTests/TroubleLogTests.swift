import TestSupport
import Testing

@testable import Agent

@Suite("Troubles in the log")
struct TroubleLogTests {
    private struct Trouble: Error {
        let text: String
    }

    @Test("a trouble is said when it begins, changes and ends, not while it lasts")
    func transitions() {
        let said = LogLines()
        var log = TroubleLog(said.logger)
        for text in [nil, "a", "a", "a", "b", nil, nil, "b"] {
            let worked = log.attempt(to: "act") { if let text { throw Trouble(text: text) } }
            #expect(worked == (text == nil))
        }
        #expect(said.lines.count == 4)
        #expect(said.lines[0].contains("cannot act") && said.lines[2] == "notice: can act again")
    }
}
