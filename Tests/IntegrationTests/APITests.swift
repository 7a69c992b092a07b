import Domain
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import SonicDB
import Testing

@testable import HTTPAPI

@Suite("The HTTP API over the two databases", .enabled(if: redisServerIsInstalled, "needs redis-server"))
struct APITests {
    private static let start = #"{"job_id": "web", "port": "Ethernet0"}"#

    /// What the databases hold, and a client of the router over them.
    private struct Setting: Sendable {
        /// Ends the server.
        let crash: @Sendable () -> Void
        let config: Database
        let state: Database
        let facade: JobFacade
        let client: any TestClientProtocol

        func post(_ path: String, _ body: String, type: String? = "application/json") async throws -> Answer {
            try await send(.post, path, body, type.map { [.contentType: $0] } ?? [:])
        }

        func get(_ path: String, _ headers: HTTPFields = [:]) async throws -> Answer {
            try await send(.get, path, nil, headers)
        }

        func send(
            _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, _ headers: HTTPFields = [:]
        ) async throws -> Answer {
            try await client.execute(
                uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
            ) { response in
                let bytes = Array(response.body.readableBytesView)
                return Answer(
                    status: Int(response.status.code), headers: response.headers,
                    json: bytes.isEmpty ? .null : try JSON(bytes))
            }
        }

        func row(_ job: String) async throws -> [String: String] {
            try await config.read(table: ConfigTable.jobs, keys: [job], guardKey: nil).rows[job]?.fields ?? [:]
        }

        /// As the agent would say it.
        func tell(_ job: String, _ fields: [String: String]) async throws {
            try await state.apply([.set(table: StateTable.jobs, key: job, fields: fields)])
        }
    }

    private struct Answer {
        let status: Int
        let headers: HTTPFields
        let json: JSON

        var error: String? { if case .string(let text)? = json["error"] { text } else { nil } }
        var message: String { if case .string(let text)? = json["message"] { text } else { "" } }
    }

    private func withAPI(
        guardKey: String? = nil, tokens: String? = nil, isLocal: Bool = true,
        _ body: @Sendable (Setting) async throws -> Void
    ) async throws {
        nonisolated(unsafe) let redis = try await TestRedis()
        let (config, state) = (redis.database(4), redis.database(6))
        let api = API.overRedis(redis, guardKey: guardKey, tokens: tokens, isLocal: isLocal)
        let application = Application(router: api.router())
        try await application.test(.router) { client in
            try await body(
                Setting(crash: { redis.crash() }, config: config, state: state, facade: api.jobs, client: client))
        }
    }

    @Test("a start makes a row, never in the place of another, and answers with the first status")
    func started() async throws {
        try await withAPI { api in
            try await api.tell("web", ["oper_status": "running", "interface": "tg7"])
            let answer = try await api.post("/jobs/start", Self.start)
            #expect(answer.status == 201 && answer.headers[.location] == "/jobs/web")
            #expect(answer.json == ["job_id": "web", "status": "starting", "interface": "tg7"])
            #expect(try await api.row("web") == ["port": "Ethernet0", "origin": "api"])

            let again = try await api.post("/jobs/start", #"{"job_id": "web", "port": "Ethernet4"}"#)
            #expect(again.status == 409 && again.error == "conflict")
            #expect(try await api.row("web")["port"] == "Ethernet0")

            // The agent has said nothing of it within a second.
            let other = try await api.post("/v1/monitor/jobs", #"{"port": "Ethernet4", "vlan": 7}"#)
            #expect(other.status == 201 && other.json["interface"] == "Ethernet4")
            guard case .string(let name)? = other.json["job_id"] else { return #expect(Bool(false)) }
            #expect(name.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            #expect(try await api.row(name) == ["port": "Ethernet4", "vlan@": "7", "origin": "api"])
        }
    }

    @Test("of a hundred starts of one name at once one makes the job")
    func atOnce() async throws {
        try await withAPI { api in
            try await api.tell("web", ["oper_status": "running"])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { try await api.post("/jobs/start", Self.start).status } }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 1, 409: 99])
        }
    }

    @Test("a start that is sent again with its Idempotency-Key makes no second job, and is answered the same")
    func again() async throws {
        try await withAPI { api in
            func start(_ body: String, _ key: String) async throws -> Answer {
                try await api.send(
                    .post, "/jobs/start", body,
                    [.contentType: "application/json", HTTPField.Name("Idempotency-Key")!: key])
            }
            let body = #"{"port": "Ethernet0", "duration_sec": 60}"#
            let first = try await start(body, "one")
            guard case .string(let name)? = first.json["job_id"] else { return #expect(Bool(false)) }
            #expect(first.status == 201 && name.utf8.count == 36)
            _ = try await api.post("/jobs/\(name)/stop", "", type: nil)
            let second = try await start(body, "one")
            #expect(second.status == 201 && second.json == first.json)
            #expect(try await api.row(name)["admin_state"] == "down")
            #expect(try await start(#"{"port": "Ethernet4"}"#, "one").status == 409)
            #expect(try await start(body, "two").json["job_id"] != first.json["job_id"])
            #expect(try await start(body, String(repeating: "x", count: 256)).status == 400)
            #expect(try await api.config.keys(of: ConfigTable.jobs).count == 2)

            // The limit is reached: what is there is known all the same.
            _ = try await api.config.send(["HSET", "TELEGEN|global", "max_jobs", "1"])
            #expect(try await start(body, "two").status == 201)
            #expect(try await start(body, "three").status == 429)
            #expect(try await api.post("/jobs/start", #"{"port": "Ethernet0", "job_id": "\#(name)"}"#).status == 409)
        }
    }

    @Test("rows that HTTP made go a day after their jobs have ended, and no others")
    func swept() async throws {
        try await withAPI { api in
            for (name, origin, status, end) in [
                ("old", "api", "expired", "2026-01-01T00:00:00Z"), ("mine", "", "expired", "2026-01-01T00:00:00Z"),
                ("up", "api", "running", ""), ("back", "api", "running", "2026-01-01T00:00:00Z"),
                ("new", "api", "disabled", UnixTime.now.rfc3339), ("odd", "api", "rejected", "yesterday"),
            ] {
                try await api.config.apply([
                    .set(table: ConfigTable.jobs, key: name, fields: ["port": "Ethernet0", "origin": origin])
                ])
                try await api.tell(name, ["oper_status": status, "ended_at": end])
            }
            #expect(try await api.facade.sweep() == 1)
            #expect(try await api.config.keys(of: ConfigTable.jobs) == ["back", "mine", "new", "odd", "up"])
        }
    }

    @Test("stop sets admin_state down and keeps the job readable; DELETE removes it; both answer the same")
    func stopped() async throws {
        try await withAPI { api in
            try await api.config.apply([.set(table: ConfigTable.jobs, key: "web", fields: ["port": "Ethernet0"])])
            // Neither body nor content type.
            let stop = try await api.post("/jobs/web/stop", "", type: nil)
            #expect(stop.status == 200 && stop.json == ["job_id": "web", "status": "stopped"])
            #expect(try await api.row("web")["admin_state"] == "down")
            #expect(try await api.get("/v1/monitor/jobs/web").json["job_id"] == "web")
            // As a form of another site would.
            #expect(try await api.post("/jobs/web/stop", "", type: "application/x-www-form-urlencoded").status == 415)
            #expect(try await api.post("/jobs/web/stop", "{}").status == 200)
            let delete = try await api.send(.delete, "/v1/monitor/jobs/web")
            #expect(delete.status == 200 && delete.json == stop.json)
            #expect(try await api.row("web").isEmpty)
            for answer in [
                try await api.post("/jobs/web/stop", "", type: nil), try await api.send(.delete, "/jobs/web"),
                try await api.get("/jobs/web"), try await api.get("/jobs/web/results"),
                try await api.get("/jobs/..%2fweb"),
            ] {
                #expect(answer.status == 404 && answer.error == "not_found")
            }
        }
    }

    @Test("a job is told as STATE_DB has it; one that the agent has not looked at is starting")
    func told() async throws {
        try await withAPI { api in
            for name in ["a", "b"] {
                try await api.config.apply([
                    .set(table: ConfigTable.jobs, key: name, fields: ["port": "Ethernet0", "direction": "both"])
                ])
            }
            // Rows whose names are no jobs', and rows of STATE_DB alone, are none.
            _ = try await api.config.send(["HSET", "TELEGEN_JOB|a b", "port", "x"])
            try await api.tell("gone", ["oper_status": "running"])
            try await api.tell(
                "a",
                [
                    "oper_status": "waiting", "reason": "port Ethernet0: none", "warnings": "one; two",
                    "port": "Ethernet0", "direction": "both", "interface": "Ethernet0", "mode": "port",
                    "started_at": "2026-01-01T00:00:00Z", "packets": "18", "bytes": "1234", "expires_at": "",
                ])
            let answer = try await api.get("/jobs/a")
            #expect(answer.json["status"] == "waiting" && answer.json["reason"] == "port Ethernet0: none")
            #expect(answer.json["warnings"] == ["one", "two"] && answer.json["packets"] == .integer(18))
            #expect(answer.json["expires_at"] == .null && answer.json["started_at"] == "2026-01-01T00:00:00Z")
            #expect(try await api.get("/jobs/b").json["status"] == "starting")

            func names(_ path: String) async throws -> [JSON?] {
                guard case .array(let jobs)? = try await api.get(path).json["jobs"] else { return [] }
                return jobs.map { $0["job_id"] }
            }
            #expect(try await names("/jobs") == ["a", "b"])
            #expect(try await names("/jobs?state=waiting") == ["a"])
            #expect(try await names("/jobs?state=running") == [])
            #expect(try await names("/v1/monitor/jobs?state=waiting&state=starting") == ["a", "b"])
            #expect(try await api.get("/jobs?state=up").status == 400)
        }
    }

    @Test("results have totals, sizes, flows and details of both directions")
    func results() async throws {
        try await withAPI { api in
            try await api.config.apply([
                .set(table: ConfigTable.jobs, key: "a", fields: ["port": "Ethernet0", "top_flows": "2"])
            ])
            try await api.tell(
                "a",
                [
                    "oper_status": "disabled", "started_at": "2026-01-01T00:00:00Z",
                    "ended_at": "2026-01-01T00:01:30.9Z", "packets": "3", "bytes": "300",
                ])
            var statistics = [
                "parse_errors": "1", "filtered": "2", "size_bounds": "64,128", "tcp_syn_packets": "5",
                "burst_bounds_percent": "10,20",
            ]
            for name in ["ipv4", "ipv6", "icmp6", "other"] {
                statistics.merge(["\(name)_packets": "3", "\(name)_bytes": "300", "\(name)_sizes": "1,2,0"]) { $1 }
            }
            try await api.state.apply([
                .set(table: StateTable.statistics, key: "a|ingress", fields: statistics),
                .set(
                    table: StateTable.flows, key: "a|1",
                    fields: ["five_tuple": "x", "packets": "2", "bytes": "200", "source_port": "80"]),
                .set(table: StateTable.flows, key: "a|2", fields: ["five_tuple": "y", "packets": "1", "bytes": "100"]),
                .set(table: StateTable.agent, key: "global", fields: ["otlp_status": "ok"]),
            ])
            let answer = try await api.get("/jobs/a/results?format=json")
            let json = answer.json
            #expect(answer.status == 200)
            #expect(json["window_sec"] == .integer(90) && json["packets_total"] == .integer(3))
            #expect(json["errors"] == ["parse_errors": .integer(1), "filtered": .integer(2)])
            #expect(json["latency_histogram_ns"] == .null && json["otel_export"]?["exported"] == .bool(true))
            #expect(json["sizes"]?["ingress"]?["bounds"] == [.integer(64), .integer(128)])
            #expect(json["sizes"]?["ingress"]?["ipv4"]?["counts"] == [.integer(1), .integer(2), .integer(0)])
            #expect(
                json["details"]?["ingress"]
                    == ["tcp_syn_packets": .integer(5), "burst_bounds_percent": [.integer(10), .integer(20)]])
            guard case .array(let flows)? = json["top_flows"] else { return #expect(Bool(false)) }
            #expect(flows.map { $0["5tuple"] } == ["x", "y"] && flows[0]["pkts"] == .integer(2))
            #expect(flows[0]["source_port"] == .integer(80))
            #expect(try await api.get("/jobs/a/results?format=xml").status == 400)
        }
    }

    @Test("an answer that the client has is not sent again")
    func tags() async throws {
        try await withAPI { api in
            let first = try await api.get("/jobs")
            let tag = try #require(first.headers[.eTag])
            #expect(try await api.get("/jobs", [.ifNoneMatch: "\"x\", \(tag)"]).status == 304)
            try await api.config.apply([.set(table: ConfigTable.jobs, key: "a", fields: ["port": "Ethernet0"])])
            let second = try await api.get("/jobs", [.ifNoneMatch: tag])
            #expect(second.status == 200 && second.headers[.eTag] != tag)
        }
    }

    @Test("max_jobs counts what is up and has not ended; beyond it 429 says concurrency_limit")
    func limit() async throws {
        try await withAPI { api in
            _ = try await api.config.send(["HSET", "TELEGEN|global", "max_jobs", "2"])
            for (name, status) in [("a", "running"), ("b", "expired"), ("c", "starting"), ("d", "disabled")] {
                try await api.config.apply([.set(table: ConfigTable.jobs, key: name, fields: ["port": "Ethernet0"])])
                try await api.tell(name, ["oper_status": status])
            }
            let answer = try await api.post("/jobs/start", Self.start)
            #expect(answer.status == 429 && answer.error == "concurrency_limit" && answer.message.contains("2 jobs"))
            #expect(answer.headers[.retryAfter] != nil)
            _ = try await api.config.send(["HSET", "TELEGEN_JOB|a", "admin_state", "down"])
            #expect(try await api.post("/jobs/start", Self.start).status == 201)
        }
    }

    @Test("those who start jobs together find no more room than there is")
    func limitTogether() async throws {
        try await withAPI { api in
            _ = try await api.config.send(["HSET", "TELEGEN|global", "max_jobs", "3"])
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await api.post("/jobs/start", #"{"port": "Ethernet0"}"#).status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 3, 429: 17])
            #expect(try await api.config.keys(of: ConfigTable.jobs).count == 3)
        }
    }

    @Test("what is wrong with a request is said with its number, in a problem document")
    func problems() async throws {
        try await withAPI { api in
            let cases: [(Answer, Int, String)] = [
                (try await api.post("/jobs/start", "{"), 400, "bad_request"),
                (try await api.post("/jobs/start", "\u{0}"), 400, "bad_request"),
                (try await api.post("/jobs/start", #"{"port": "a/b"}"#), 400, "bad_request"),
                (try await api.post("/jobs/start", String(repeating: "[", count: 60_000)), 400, "bad_request"),
                (try await api.post("/jobs/start", "{\0\"\0p\0o\0r\0t\0\"\0:\0\"\0e\0\"\0}\0"), 400, "bad_request"),
                (try await api.post("/jobs/start", Self.start, type: "text/plain"), 415, "unsupported_media_type"),
                (try await api.post("/jobs/start", Self.start, type: nil), 415, "unsupported_media_type"),
                (
                    try await api.post("/jobs/start", String(repeating: " ", count: 65 * 1024) + Self.start), 413,
                    "too_large"
                ),
                (try await api.get("/jobs/start"), 405, "method_not_allowed"),
                (try await api.send(.delete, "/jobs"), 405, "method_not_allowed"),
                (try await api.send(.init("QUERY")!, "/healthz"), 405, "method_not_allowed"),
                (try await api.get("/nothing"), 404, "not_found"), (try await api.get("/jobs/a/b"), 404, "not_found"),
            ]
            for (answer, status, error) in cases {
                #expect(answer.status == status && answer.error == error, "\(answer.json)")
                #expect(answer.headers[.contentType] == "application/problem+json")
                #expect(
                    answer.json["status"] == .integer(Int64(status)) && answer.json["detail"] == answer.json["message"])
            }
            #expect(try await api.send(.delete, "/jobs").headers[.allow] == "GET, HEAD")
            #expect(try await api.config.keys(of: ConfigTable.jobs).isEmpty)
        }
    }

    @Test("pages of other sites, and names that were made to lead here, are turned away")
    func strangers() async throws {
        try await withAPI { api in
            let site = HTTPField.Name("Sec-Fetch-Site")!
            for headers: HTTPFields in [
                [.origin: "https://evil.example"], [.origin: "null"], [.origin: "http://localhost.evil.example"],
                [.origin: "http://localhost:3000"], [site: "cross-site"], [site: "same-site"],
            ] {
                let answer = try await api.send(.post, "/jobs/start", Self.start, headers)
                #expect(answer.status == 403 && answer.error == "forbidden")
            }
            for headers: HTTPFields in [[.origin: "http://localhost"], [site: "same-origin"], [site: "same-site"]] {
                #expect(try await api.get("/jobs", headers).status == 200)
            }
            for name in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080"] {
                #expect(Host.isOwn(name))
            }
            for name in [
                "evil.example", "127.0.0.1.evil.example", "10.0.0.1:8080", "[::2]:8080", "localhost.",
                "localhost:80@evil.example",
                "localhost:", "localhost:x", "localhostx", "",
            ] {
                #expect(!Host.isOwn(name))
            }
        }
    }

    @Test(
        "without a token, with a wrong one, with one that may only look: refused; the file is read again when it changes"
    )
    func tokens() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/telegen-tokens-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (look, act) = (Tokens.random(), Tokens.random())
        @Sendable func write(_ lines: [String]) throws {
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: path), options: .atomic)
        }
        try write(["# two", "read-only \(Tokens.hash(of: look))", "operator \(Tokens.hash(of: act))  # mine"])
        try await withAPI(tokens: path) { api in
            func statuses(_ authorization: String?) async throws -> [Int] {
                var headers: HTTPFields = [.contentType: "application/json"]
                headers[.authorization] = authorization
                return [
                    try await api.get("/jobs", headers).status, try await api.get("/nothing", headers).status,
                    try await api.send(.post, "/jobs/start", "{}", headers).status,
                    try await api.send(.delete, "/jobs/web", nil, headers).status,
                    try await api.get("/healthz", headers).status,
                ]
            }
            for wrong in [
                nil, "", "Bearer", "Bearer x", "Basic \(act)", "Bearer \(act) x", "Bearer \(Tokens.hash(of: act))",
            ] {
                #expect(try await statuses(wrong) == [401, 401, 401, 401, 200], "\(wrong ?? "none")")
            }
            #expect(try await api.get("/jobs").headers[.wwwAuthenticate] == "Bearer")
            #expect(try await statuses("Bearer \(look)") == [200, 404, 403, 403, 200])
            #expect(try await statuses("bearer \(act)") == [200, 404, 400, 404, 200])
            try write(["read-only \(Tokens.hash(of: act))"])
            #expect(try await statuses("Bearer \(act)") == [200, 404, 403, 403, 200])
            #expect(try await statuses("Bearer \(look)").first == 401)
            try FileManager.default.removeItem(atPath: path)
            #expect(try await statuses("Bearer \(act)").first == 401)
        }
        let parsed = Tokens.parse("operator xyz\n\nread-only\nadmin \(Tokens.hash(of: "a"))\n  # nothing\n")
        #expect(parsed.roles.isEmpty && parsed.wrong == [1, 3, 4])
    }

    @Test("while CONFIG_DB is being rebuilt, or away, nothing is written and 503 says why; reads go on where they can")
    func rebuilding() async throws {
        try await withAPI(guardKey: "CONFIG_DB_INITIALIZED") { api in
            try await api.config.apply([.set(table: ConfigTable.jobs, key: "old", fields: ["port": "Ethernet0"])])
            for answer in [
                try await api.post("/jobs/start", Self.start), try await api.post("/jobs/old/stop", "", type: nil),
                try await api.send(.delete, "/jobs/old"),
            ] {
                #expect(answer.status == 503 && answer.message.contains("being rebuilt"))
            }
            #expect(try await api.row("old") == ["port": "Ethernet0"])
            #expect(try await api.get("/jobs/old").status == 200)
            _ = try await api.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            #expect(try await api.post("/jobs/start", Self.start).status == 201)
            api.crash()
            let answer = try await api.get("/jobs")
            #expect(answer.status == 503 && answer.error == "database_unavailable")
        }
    }

    @Test("the process tells of itself: alive, ready or why not, and what it was built from")
    func itself() async throws {
        try await withAPI { api in
            #expect(try await api.get("/healthz").json == ["status": "ok"])
            let ready = try await api.get("/readyz")
            #expect(ready.status == 503 && ready.json["problems"] == ["bpf": "no BPF here"])
            api.crash()
            let away = try await api.get("/readyz")
            #expect(away.json["problems"]?["database"] != nil)
            #expect(try await api.get("/healthz").status == 200)
            #expect(try await api.get("/version").json["version"] == "1.2.3")
        }
    }

    @Test("the description knows every member of a request, every state, and nothing else")
    func described() async throws {
        try await withAPI { api in
            let document = try await api.get("/openapi.json").json
            guard case .object(let members)? = document["components"]?["schemas"]?["Request"]?["properties"],
                case .array(let states)? = document["components"]?["schemas"]?["State"]?["enum"]
            else { return #expect(Bool(false)) }
            let own: Set = ["job_id", "filters", "span_method", "result_detail", "duration_sec"]
            #expect(own.union(JobRequest.plain) == Set(members.keys))
            #expect(states == OperStatus.allCases.map { .string($0.rawValue) })
            #expect(document["info"]?["version"] == "1.2.3")
        }
    }
}
