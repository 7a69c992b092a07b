import HTTPAPI
import Testing

@testable import telegen_sonic

@Suite("What top knows")
struct TopModelTests {
    static func list(_ jobs: (name: String, pps: Int64, packets: Int64)...) -> JSON {
        let answers: [JSON] = jobs.map { job in
            [
                "job_id": .string(job.name), "port": "Ethernet0", "direction": "both", "status": "running",
                "pps": .integer(job.pps), "bps": .integer(10_000 &- job.pps), "packets": .integer(job.packets),
                "bytes": .integer(job.packets * 100),
            ]
        }
        return ["jobs": .array(answers)]
    }

    private static var model: TopModel {
        var model = TopModel()
        model.take(
            list: list(("a", 1, 30), ("b", 3, 20), ("c", 2, 10)), agent: ["version": "1.2.3"], results: nil)
        return model
    }

    @Test("s orders the jobs by packets per second, bits per second, packets and names in turn")
    func order() {
        var model = Self.model
        var seen: [[String]] = []
        for _ in TopModel.Order.allCases {
            seen.append(model.jobs.map(\.name))
            model.press(.character("s"))
        }
        #expect(seen == [["b", "c", "a"], ["a", "c", "b"], ["a", "b", "c"], ["a", "b", "c"]])
        #expect(model.order == .pps)
    }

    @Test("arrows select a job and stop at the ends; a selected job that is gone gives way")
    func selection() {
        var model = Self.model
        #expect(model.selected == "b")
        model.press(.up)
        #expect(model.selected == "b")
        for _ in 0..<5 { model.press(.down) }
        #expect(model.selected == "a")
        model.take(list: Self.list(("c", 1, 1)), agent: [:], results: nil)
        #expect(model.selected == "c")
        model.take(list: Self.list(), agent: [:], results: nil)
        model.press(.enter)
        #expect(model.selected == nil && !model.showsResults)
    }

    @Test("history is the packets per second of a job's last looks, and goes with the job")
    func history() {
        var model = Self.model
        for pps in 0..<100 { model.take(list: Self.list(("a", Int64(pps), 1)), agent: [:], results: nil) }
        #expect(model.history["a"]?.count == TopModel.historyLength && model.history["a"]?.last == 99)
        #expect(model.history.keys.sorted() == ["a"])
    }

    @Test("a pause keeps what is shown; Enter shows results, Escape hides them; q and Ctrl-C end it")
    func keys() {
        var model = Self.model
        model.press(.character("p"))
        model.take(list: Self.list(), agent: [:], results: nil)
        #expect(model.isPaused && model.jobs.count == 3)
        model.press(.character(" "))
        model.press(.enter)
        #expect(!model.isPaused && model.showsResults)
        model.take(list: Self.list(("b", 1, 1)), agent: [:], results: ["job_id": "b"])
        #expect(model.results == ["job_id": "b"])
        model.press(.escape)
        #expect(!model.showsResults && model.results == nil && !model.isOver)
        for key: Character in ["q", "\u{3}"] {
            var model = Self.model
            model.press(.character(key))
            #expect(model.isOver)
        }
    }

    @Test("results are those of the job that is selected, and come in a pause too")
    func results() {
        var model = Self.model
        model.press(.enter)
        model.take(list: Self.list(("b", 1, 1), ("a", 0, 0)), agent: [:], results: ["job_id": "a"])
        #expect(model.results == nil)
        model.press(.character("p"))
        model.take(list: Self.list(), agent: [:], results: ["job_id": "b"])
        #expect(model.results == ["job_id": "b"] && model.jobs.count == 2)
        model.press(.down)
        #expect(model.selected == "a" && model.results == nil)
        model.take(list: Self.list(), agent: [:], results: nil, problem: "a: the database is away")
        #expect(model.problem == "a: the database is away")
    }

    @Test("a problem is shown until the next look that succeeds")
    func problem() {
        var model = Self.model
        model.fail("the database is away")
        #expect(model.problem == "the database is away" && model.jobs.count == 3)
        model.take(list: Self.list(), agent: [:], results: nil)
        #expect(model.problem == nil)
    }

    @Test("nothing that comes from a database moves the terminal's cursor")
    func controls() {
        var model = TopModel()
        let evil = "\u{1B}[2J\n\u{9B}31m\u{202E}x"
        model.take(
            list: ["jobs": [["job_id": "a", "port": .string(evil), "reason": .string(evil)]]],
            agent: ["version": .string(evil)], results: nil)
        model.fail(evil)
        let text = TopScreen(model: model, width: 200, height: 30).lines.joined()
        #expect(!text.unicodeScalars.contains { ["\u{1B}", "\n", "\u{9B}", "\u{202E}"].contains($0) })
        #expect(text.contains("?[2J??31m?x"))
    }
}
