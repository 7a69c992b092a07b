import HTTPAPI

/// What `top` knows: the jobs as they were told last, what they were before, and what the person at the keys wants to see.
struct TopModel {
    /// One job of `GET /jobs`.
    struct Job: Equatable {
        let name, port, direction, status, reason: String
        let packets, bytes, pps, bps: Int64

        init(_ answer: JSON) {
            name = answer.text("job_id").printable
            port = answer.text("port").printable
            direction = answer.text("direction").printable
            status = answer.text("status").printable
            reason = answer.text("reason").printable
            packets = answer.number("packets")
            bytes = answer.number("bytes")
            pps = answer.number("pps")
            bps = answer.number("bps")
        }
    }

    enum Order: CaseIterable {
        case pps, bps, packets, name

        var text: String {
            switch self {
            case .pps: "packets/s"
            case .bps: "bits/s"
            case .packets: "packets"
            case .name: "name"
            }
        }

        fileprivate func precedes(_ a: Job, _ b: Job) -> Bool {
            switch self {
            case .pps where a.pps != b.pps: a.pps > b.pps
            case .bps where a.bps != b.bps: a.bps > b.bps
            case .packets where a.packets != b.packets: a.packets > b.packets
            default: a.name < b.name
            }
        }
    }

    enum Key: Equatable {
        case character(Character)
        case up, down, enter, escape
    }

    /// In the order that is asked for.
    private(set) var jobs: [Job] = []
    /// Nil: nobody has answered yet.
    private(set) var agent: [String: String]?
    /// Packets per second by job, the newest last.
    private(set) var history: [String: [Int64]] = [:]
    /// Why what is shown may be old; nil: it is not.
    private(set) var problem: String?
    private(set) var order = Order.pps
    private(set) var isPaused = false
    /// The name of the job that the keys are on.
    private(set) var selected: String?
    /// Whether that job's results are shown.
    private(set) var showsResults = false
    /// Of the selected job; nil: they have not come yet.
    private(set) var results: JSON?
    private(set) var isOver = false

    static let historyLength = 60

    /// - Parameters:
    ///   - list: the answer to `GET /jobs`.
    ///   - results: of a job, perhaps one that is no more selected.
    ///   - problem: why there are none of the job that is; nil: there are.
    mutating func take(list: JSON, agent: JSON, results: JSON?, problem: String? = nil) {
        self.problem = problem?.printable
        if !isPaused { take(list: list, agent: agent) }
        if showsResults, let results, results.text("job_id") == selected { self.results = results }
    }

    private mutating func take(list: JSON, agent: JSON) {
        jobs = list.array("jobs").map(Job.init)
        let known = jobs.map { ($0.name, Array(((history[$0.name] ?? []) + [$0.pps]).suffix(Self.historyLength))) }
        history = Dictionary(known) { first, _ in first }
        if case .object(let members) = agent { self.agent = members.mapValues { $0.plain.printable } }
        sort()
    }

    mutating func fail(_ problem: String) { self.problem = problem.printable }

    mutating func press(_ key: Key) {
        switch key {
        case .character("q"), .character("\u{3}"), .character("\u{4}"): isOver = true
        case .character("p"), .character(" "): isPaused.toggle()
        case .character("s"):
            let orders = Order.allCases
            order = orders[(orders.firstIndex(of: order)! + 1) % orders.count]
            sort()
        case .up, .character("k"): select(-1)
        case .down, .character("j"): select(1)
        case .enter: showsResults = !showsResults && selected != nil
        case .escape: showsResults = false
        case .character: break
        }
        if !showsResults { results = nil }
    }

    private mutating func select(_ step: Int) {
        guard !jobs.isEmpty else { return }
        let index = jobs.firstIndex { $0.name == selected } ?? 0
        selected = jobs[min(max(index + step, 0), jobs.count - 1)].name
        results = nil
    }

    private mutating func sort() {
        jobs.sort(by: order.precedes)
        guard !jobs.contains(where: { $0.name == selected }) else { return }
        (selected, results) = (jobs.first?.name, nil)
    }
}
