import Domain
import SonicDB
import Testing

@testable import Agent

@Suite("What check says of the databases and of the agent in them")
struct DatabaseFindingTests {
    private static let endpoint = DatabaseEndpoint(address: .unix(path: "/r.sock"), id: 4, separator: "|")
    private static let gone = RedisError.unavailable(endpoint, cause: "No such file or directory")

    private func answers(
        config: Result<TableView, RedisError> = .success(TableView(guardValue: "1")), hasGuard: Bool = true,
        state: Result<StatusView, RedisError> = .success(StatusView(agent: [:], jobs: []))
    ) -> DatabaseFacts.Answers {
        DatabaseFacts.Answers(config: config, hasGuard: hasGuard, state: state)
    }

    /// Statuses by the requirements' names.
    private func statuses(_ facts: DatabaseFacts) -> [String: Finding.Status] {
        let findings = Finding.databases(facts, folder: "/s")
        for finding in findings { #expect((finding.remedy == nil) == (finding.status == .ok)) }
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.name, $0.status) })
    }

    @Test("SONiC's: both have to answer; CONFIG_DB that is being rebuilt is waited for")
    func sonic() {
        let place = DatabaseFacts.Place.sonic(map: "/m")
        let whole: [String: Finding.Status] = [
            "databases": .ok, "CONFIG_DB": .ok, "STATE_DB": .ok, "state folder": .ok,
        ]
        #expect(statuses(DatabaseFacts(place: place, answers: answers())) == whole)
        for view in [TableView(), TableView(guardValue: "0"), TableView(guardValue: "")] {
            let facts = DatabaseFacts(place: place, answers: answers(config: .success(view)))
            #expect(statuses(facts) == whole.merging(["CONFIG_DB": .warn]) { $1 })
        }
        let dead = DatabaseFacts(
            place: place, answers: answers(config: .failure(Self.gone), state: .failure(Self.gone)))
        #expect(statuses(dead) == whole.merging(["CONFIG_DB": .fail, "STATE_DB": .fail]) { $1 })
        #expect(Finding.databases(dead, folder: "")[1].remedy?.contains("start redis-server") == true)
        #expect(dead.status == nil && dead.global == GlobalRow())
        let homeless = DatabaseFacts(place: place, answers: answers(), folderProblem: "full")
        #expect(statuses(homeless) == whole.merging(["state folder": .warn]) { $1 })
    }

    @Test("a private server has to be there as a program, and its folder has to take rows")
    func privateServer() {
        for (program, problem, isRunning, expected) in [
            ("/r", nil, false, ["databases": .ok, "state folder": .ok]),
            (nil, nil, false, ["databases": .fail, "state folder": .ok]),
            ("/r", "full", false, ["databases": .ok, "state folder": .fail]),
            (nil, nil, true, ["databases": .ok, "CONFIG_DB": .ok, "STATE_DB": .ok, "state folder": .ok]),
        ] as [(String?, String?, Bool, [String: Finding.Status])] {
            let facts = DatabaseFacts(
                place: .privateServer(program: program),
                answers: isRunning ? answers(config: .success(TableView()), hasGuard: false) : nil,
                folderProblem: problem)
            #expect(statuses(facts) == expected)
            #expect(facts.status?.agent == [:] && facts.status?.jobs.isEmpty == true)
        }
    }

    @Test("a map that cannot be read is the only finding, with its own words")
    func unknown() {
        let facts = DatabaseFacts(problem: "/m: not JSON")
        let findings = Finding.databases(facts, folder: "/s")
        #expect(findings.map(\.status) == [.fail] && findings[0].found == "/m: not JSON")
        #expect(findings[0].remedy?.contains("TELEGEN_DB=private") == true && facts.status == nil)
    }

    @Test("where nobody listens there is no server; who refuses or is slow is one")
    func nobody() {
        for (error, isNobody) in [
            (Self.gone, true), (.unavailable(Self.endpoint, cause: "Connection refused"), true),
            (.unavailable(Self.endpoint, cause: "Permission denied"), false),
            (.lost(Self.endpoint, cause: "slow"), false),
        ] as [(RedisError, Bool)] { #expect(answers(config: .failure(error)).areNobodys == isNobody) }
        #expect(!answers().areNobodys)
    }

    @Test("TELEGEN|global is read as the agent reads it")
    func global() {
        let rows = ["global": RowState.row(Row(fields: ["status_interval": "7", "otlp_interval": "x"]))]
        let view = TableView(guardValue: "1", rows: rows)
        let facts = DatabaseFacts(place: .sonic(map: ""), answers: answers(config: .success(view)))
        #expect(facts.global.statusInterval == 7 && facts.global.otlpInterval == nil)
    }

    @Test("an agent is alive as long as its heartbeat is three status intervals old at most")
    func heartbeat() {
        let now = UnixTime(rfc3339: "2026-01-01T00:01:00Z")!
        func sign(_ heartbeat: String?) -> AgentSign {
            var row = ["version": "1.2.3", "pid": "42"]
            row["heartbeat"] = heartbeat
            return AgentSign(row, interval: 5, now: now)
        }
        let alive = AgentSign.alive(version: "1.2.3", pid: 42)
        for (heartbeat, expected) in [
            ("2026-01-01T00:00:58Z", alive), ("2026-01-01T00:00:45Z", alive), ("2026-01-01T00:02:00Z", alive),
            ("2026-01-01T00:00:44Z", .stale(.seconds(16))), ("yesterday", .none), (nil, .none),
        ] as [(String?, AgentSign)] {
            #expect(sign(heartbeat) == expected && sign(heartbeat).isAlive == (expected == alive))
        }
        let odd = ["version": "1\u{1B}[2J\n2", "pid": "x", "heartbeat": "2026-01-01T00:01:00Z"]
        #expect(AgentSign(odd, interval: 5, now: now) == .alive(version: "1[2J2", pid: nil))
        #expect(AgentSign(nil, interval: 5, now: now) == .unknown && AgentSign([:], interval: 5, now: now) == .none)
        #expect(Finding.agent(alive).found == "runs: version 1.2.3, pid 42" && Finding.agent(alive).status == .ok)
        for sign in [AgentSign.unknown, .none, .stale(.seconds(16))] { #expect(Finding.agent(sign).status == .warn) }
        #expect(Finding.agent(.stale(.seconds(16))).found.contains("16 s"))
    }

    @Test(
        "jobs are summed up, and those that want something done are a warning",
        arguments: [
            ([], Finding.Status.ok, "0 in STATE_DB"),
            (["running", "waiting", "running"], .ok, "3 in STATE_DB, 2 running, 1 waiting"),
            (["running", "failed"], .warn, "2 in STATE_DB, 1 running, 1 failed"), (["rejected"], .warn, "1 rejected"),
            (["degraded"], .warn, "1 degraded"), (["expired", "?", ""], .ok, "3 in STATE_DB, 1 expired"),
        ])
    func jobs(jobs: [String], status: Finding.Status, found: String) {
        let finding = Finding.jobs(jobs)
        #expect(finding.status == status && finding.found.hasSuffix(found))
        #expect(finding.remedy?.contains("telegen-sonic status") == (status == .ok ? nil : true))
    }
}
