import CLinux
import Domain
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import SonicDB
import Synchronization
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("Mutated requests", .enabled(if: redisServerIsInstalled, "needs redis-server"))
struct RequestFuzzTests {
    /// One request at a time, as somebody sends it.
    private static let workers = 32

    @Test("are answered or refused, never by an error of the server; no bad row comes of them, and memory comes back")
    func requests() async throws {
        nonisolated(unsafe) let redis = try await TestRedis()
        let config = redis.database(4)
        // A start that succeeds waits a second for a status, which nobody gives here.
        _ = try await config.send(["HSET", "TELEGEN|global", "max_jobs", "4"])
        let api = API.overRedis(redis, pace: Pace(scale: 1e6))
        let client = Client(api)
        let cases = fuzzCases / Self.workers
        // The first half fills what is kept for good, such as the allocator's own lists.
        var counts = try await Self.send(cases / 2, client, seed: 1)
        let before = mallinfo2().uordblks
        counts.merge(try await Self.send(cases - cases / 2, client, seed: 1000), uniquingKeysWith: +)
        let growth = Int(mallinfo2().uordblks) - Int(before)
        // Fewer run beside other tests, whose memory is in this too.
        print("memory: \(growth >> 10) KiB more after the second half of \(cases * Self.workers) requests")
        if fuzzCases >= 100_000 { #expect(growth < 256 << 20) }
        // The least that can be allocated is 16 bytes, eight million of half a million requests.
        if fuzzCases >= 1_000_000 { #expect(growth < 4 << 20) }
        print("mutated requests by the status of their answers: \(counts.sorted { $0.key < $1.key })")
        #expect(Set(counts.keys).isSubset(of: [200, 201, 304, 400, 403, 404, 405, 409, 413, 415, 429, 503]))
        // 503: /readyz of an agent that cannot count.
        #expect(counts[200, default: 0] > fuzzCases / 20 && counts[400, default: 0] > fuzzCases / 20)
        for key in try await config.keys(of: ConfigTable.jobs) {
            #expect(JobName(key) != nil)
            let row =
                try await config.read(table: ConfigTable.jobs, keys: [key], guardKey: nil).rows[key]?.fields ?? [:]
            #expect(throws: Never.self) { try JobSpec.parse(row) }
        }
    }

    /// Answers by status. `/readyz` alone may say 503, and every refusal says why.
    private static func send(
        _ count: Int, _ client: Client, seed: UInt64
    ) async throws -> [Int: Int] {
        try await withThrowingTaskGroup(of: [Int: Int].self) { group in
            for worker in 0..<workers {
                group.addTask {
                    var random = SeededGenerator(seed: seed + UInt64(worker))
                    var counts: [Int: Int] = [:]
                    for _ in 0..<count {
                        let request = MutatedRequest(using: &random)
                        let (response, body) = try await client.answer(request)
                        let code = Int(response.status.code)
                        counts[code, default: 0] += 1
                        // The page says it to people.
                        let isPage = response.headers[.contentType]?.hasPrefix("text/html") == true
                        guard code >= 400, request.method != .head, !isPage else { continue }
                        let answer = (try? JSON(body)) ?? .null
                        let saysWhy = !answer.text("error").isEmpty && !answer.text("message").isEmpty
                        let isReadiness = code == 503 && answer["status"] == "not ready"
                        #expect(
                            isReadiness || code < 500 && saysWhy,
                            "\(request)")
                    }
                    return counts
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
    }
}

/// Asks the router as the server does, over one channel: hummingbird's own client for tests makes one for each request, and
/// keeps it.
private struct Client: Sendable {
    private let responder: RouterResponder<API.Context>
    private let channel = NIOAsyncTestingChannel()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(_ api: API) { responder = api.router().buildResponder() }

    func answer(_ request: MutatedRequest) async throws -> (response: Response, body: [UInt8]) {
        var headers = request.headers
        if let body = request.body { headers[.contentLength] = "\(body.count)" }
        let head = HTTPRequest(
            method: request.method, scheme: "http", authority: "localhost", path: request.path, headerFields: headers)
        let response = try await responder.respond(
            to: Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: request.body ?? []))),
            context: API.Context(source: ApplicationRequestContextSource(channel: channel, logger: logger)))
        let collected = Collected()
        try await response.body.write(collected)
        return (response, collected.bytes.withLock { $0 })
    }

    private final class Collected: ResponseBodyWriter, Sendable {
        let bytes = Mutex<[UInt8]>([])

        func write(_ buffer: ByteBuffer) async throws { bytes.withLock { $0 += buffer.readableBytesView } }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

/// A request that was good, with some of it changed.
private struct MutatedRequest {
    var method: HTTPRequest.Method
    var path: String
    var headers: HTTPFields
    var body: [UInt8]?

    private static let reads = [
        "/jobs", "/jobs?state=running", "/jobs/web", "/jobs/web/results", "/v1/monitor/jobs", "/v1/monitor/jobs/web",
        "/v1/monitor/jobs/web/results?format=json", "/healthz", "/readyz", "/version", "/agent", "/metrics", "/",
        "/?job=web", "/openapi.json",
    ]
    private static let bodies = [
        #"{"port": "Ethernet0", "direction": "ingress"}"#,
        """
        {"job_id": "web", "port": "Ethernet0", "span_method": "span", "vlan": [100, "200"], "sample_rate": 10,
         "filters": {"ip_proto": ["tcp", 17], "l4_dport": "1000-2000", "src_cidr": "10.0.0.0/8", "dscp": 46},
         "duration_sec": 60, "otlp_export": true, "result_detail": ["flows", "qos"], "description": "é"}
        """,
        #"{"port": "Ethernet4", "span_method": "erspan", "erspan_key": 7, "erspan_ttl": 3, "top_flows": 16}"#,
        String(repeating: "[", count: 3000), #"{"port": 1e400, "vlan": -0.0, "sample_rate": 18446744073709551616}"#,
        "{\"port\": \"\(String(repeating: "a", count: 70_000))\"}", "\u{FEFF}{}", "", "null", #""\ud800""#,
    ].map { Array($0.utf8) }
    private static let alphabet = Array("abz019/%?&=.-_:#[]{}\"\\ é\u{0}\u{7F}\n\u{202E}".unicodeScalars)

    init(using random: inout SeededGenerator) {
        headers = [:]
        if Int.random(in: 0..<3, using: &random) == 0 {
            (method, path) = (.get, Self.reads.randomElement(using: &random)!)
        } else {
            let isStart = Bool.random(using: &random)
            method = isStart ? .post : [.post, .delete].randomElement(using: &random)!
            path = isStart ? "/jobs/start" : method == .post ? "/jobs/web/stop" : "/v1/monitor/jobs/web"
            if isStart {
                headers[.contentType] = "application/json"
                body = Self.bodies.randomElement(using: &random)
            }
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) { mutate(using: &random) }
    }

    private mutating func mutate(using random: inout SeededGenerator) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: path = "/" + String(path.dropFirst()).mutated(Self.alphabet, using: &random)
        case 1:
            let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
            method = methods.randomElement(using: &random)!
        case 2:
            let names: [HTTPField.Name] = [
                .contentType, .origin, .authorization, .ifNoneMatch, .accept, .contentLength, .cookie,
                HTTPField.Name("Idempotency-Key")!, HTTPField.Name("Sec-Fetch-Site")!,
            ]
            let values = ["application/json", "http://localhost", "Bearer x", "\"0\", *", "cross-site", "\u{0}é", "-1"]
            headers[names.randomElement(using: &random)!] =
                values.randomElement(using: &random)!.mutated(Self.alphabet, using: &random)
        case 3: headers[.contentType] = headers[.contentType]?.mutated(Self.alphabet, using: &random)
        default: body = body.map { $0.mutated(using: &random) }
        }
    }
}
