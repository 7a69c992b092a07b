import Domain
import Hummingbird
import Logging
import NIOCore

/// The paths of the HTTP API and what each does: writes go to CONFIG_DB, reads come from STATE_DB.
public struct API: Sendable {
    /// What is beside the jobs.
    public struct About: Sendable {
        public let version: String
        public let commit: String
        public let buildDate: String
        /// Why packets cannot be counted; nil: they can.
        public let bpfProblem: @Sendable () async -> String?

        public init(
            version: String, commit: String, buildDate: String,
            bpfProblem: @escaping @Sendable () async -> String?
        ) {
            (self.version, self.commit, self.buildDate) = (version, commit, buildDate)
            self.bpfProblem = bpfProblem
        }
    }

    typealias Context = BasicRequestContext
    typealias Handler = @Sendable (Request, Context) async throws -> Response

    let store: JobStore
    let about: About
    let policy: AccessPolicy
    /// The wall clock, as the agent tells it.
    let now: @Sendable () -> UnixTime
    let logger: Logger

    /// Of a request's body, in bytes.
    static let maximumBody = 64 * 1024
    /// How long the answer to a start waits for the job's first status.
    static let patience = Duration.seconds(1)

    func router() -> Router<Context> {
        let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: Doorkeeper(policy: policy, logger: logger))
        for (path, methods) in Dictionary(grouping: routes, by: \.path) {
            for route in methods { router.on(RouterPath(path), method: route.method, use: route.handler) }
            let allowed = methods.map(\.method.rawValue) + (methods.contains { $0.method == .get } ? ["HEAD"] : [])
            for method in Self.methods where !allowed.contains(method.rawValue) {
                router.on(RouterPath(path), method: method) { request, _ -> Response in
                    throw Problem.method(request.method.rawValue, allowed: allowed.sorted())
                }
            }
        }
        return router
    }

    private struct Route {
        let method: HTTPRequest.Method
        let path: String
        let handler: Handler

        init(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
            (self.method, self.path, self.handler) = (method, path, handler)
        }
    }

    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect, .init("QUERY")!,
    ]

    private var routes: [Route] {
        let jobs = ["/jobs", "/v1/monitor/jobs"].flatMap { base in
            [
                Route(.get, base, list), Route(.get, base + "/{job}", show), Route(.delete, base + "/{job}", remove),
                Route(.post, base + "/{job}/stop", stop), Route(.get, base + "/{job}/results", results),
            ]
        }
        return jobs + [
            Route(.post, "/jobs/start", start), Route(.post, "/v1/monitor/jobs", start),
            Route(.get, "/healthz", health), Route(.get, "/readyz", readiness), Route(.get, "/version", version),
            Route(.get, "/openapi.json", openAPI),
        ]
    }
}

extension API {
    @Sendable private func start(_ request: Request, _ context: Context) async throws -> Response {
        let body = try await Self.body(of: request)
        let wanted = try JobRequest(body, now: now(), mayNameEnds: policy.allows(.tunnelEnds))
        let name = wanted.name ?? .random
        try await store.create(name, wanted.fields)
        let first = try await store.firstStatus(of: name, within: Self.patience)
        let interface = first?["interface"].flatMap { $0.isEmpty ? nil : $0 } ?? wanted.spec.port.text
        let answer: JSON = [
            "job_id": .string(name.text), "status": "starting", "interface": .string(interface),
        ]
        return Self.answer(answer, .created, [.location: "/jobs/\(name)"])
    }

    @Sendable private func list(_ request: Request, _ context: Context) async throws -> Response {
        let wanted = request.uri.queryParameters.getAll("state").map { String($0) }
        for word in wanted where OperStatus(rawValue: word) == nil {
            let known = OperStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.bad("state \(word.prefix(40).debugDescription): must be \(known)")
        }
        let jobs = try await store.jobs().filter { wanted.isEmpty || wanted.contains($0.status) }
        return Self.read(["jobs": .array(jobs.map { $0.answer })], request)
    }

    @Sendable private func show(_ request: Request, _ context: Context) async throws -> Response {
        Self.read(try await job(context).answer, request)
    }

    @Sendable private func stop(_ request: Request, _ context: Context) async throws -> Response {
        let name = try Self.name(context)
        try await store.stop(name)
        return Self.answer(["job_id": .string(name.text), "status": "stopped"])
    }

    @Sendable private func remove(_ request: Request, _ context: Context) async throws -> Response {
        let name = try Self.name(context)
        try await store.remove(name)
        return Self.answer(["job_id": .string(name.text), "status": "stopped"])
    }

    @Sendable private func results(_ request: Request, _ context: Context) async throws -> Response {
        if let format = request.uri.queryParameters.get("format"), format != "json" {
            throw Problem.bad("format \(format.prefix(40).debugDescription): must be json")
        }
        let job = try await job(context)
        let directions = Direction.allCases.map(\.rawValue)
        let found = try await store.rows(of: StateTable.statistics, directions.map { "\(job.name)|\($0)" })
        let pairs = directions.compactMap { direction in found["\(job.name)|\(direction)"].map { (direction, $0) } }
        let ranks = (1...(job.row["top_flows"].flatMap { Int($0) } ?? 16).bounded).map { "\(job.name)|\($0)" }
        let flows = try await store.rows(of: StateTable.flows, ranks)
        let agent = try await store.agent()
        let results = JobResults(
            job: job, statistics: Dictionary(uniqueKeysWithValues: pairs), flows: ranks.compactMap { flows[$0] },
            agent: agent, now: now())
        return Self.read(results.answer, request)
    }

    private func job(_ context: Context) async throws -> StoredJob {
        let name = try Self.name(context)
        guard let job = try await store.job(name) else { throw Problem.noJob(name.text) }
        return job
    }

    private static func name(_ context: Context) throws -> JobName {
        let text = context.parameters.get("job") ?? ""
        guard let name = JobName(text) else { throw Problem.noJob(text.prefix(80).debugDescription) }
        return name
    }
}

extension API {
    @Sendable private func health(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer(["status": "ok"])
    }

    /// Whether the agent can do its work: it reaches its databases, and counts.
    @Sendable private func readiness(_ request: Request, _ context: Context) async throws -> Response {
        var problems: [String: JSON] = [:]
        var row: [String: String] = [:]
        do throws(Problem) {
            row = try await store.agent()
        } catch {
            problems["database"] = .string(error.message)
        }
        if let problem = await about.bpfProblem() { problems["bpf"] = .string(problem) }
        let answer: JSON = [
            "status": problems.isEmpty ? "ready" : "not ready", "problems": .object(problems),
            "database": JSON(text: row["database"]), "heartbeat": JSON(text: row["heartbeat"]),
        ]
        return Self.answer(answer, problems.isEmpty ? .ok : .serviceUnavailable)
    }

    @Sendable private func version(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer([
            "version": .string(about.version), "commit": .string(about.commit), "build_date": .string(about.buildDate),
        ])
    }

    @Sendable private func openAPI(_ request: Request, _ context: Context) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: OpenAPI.document(version: about.version))))
    }

    /// The JSON of a request; its type has been looked at.
    private static func body(of request: Request) async throws -> JSON {
        let type = request.headers[.contentType].map(MediaType.init) ?? nil
        guard type?.isType(.applicationJson) == true else { throw Problem.mediaType }
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: maximumBody)
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(maximumBody)
        }
        do {
            return try JSON(Array(bytes.readableBytesView))
        } catch {
            throw Problem.bad("the body is no JSON (RFC 8259)")
        }
    }

    private static func answer(
        _ body: JSON, _ status: HTTPResponse.Status = .ok, _ more: HTTPFields = [:]
    ) -> Response {
        var headers = more
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body.bytes)))
    }

    /// What can be asked for again: with an ETag, and without a body when the client has it.
    private static func read(_ body: JSON, _ request: Request) -> Response {
        let bytes = body.bytes
        let tag = "\"\(String(bytes.fingerprint, radix: 16))\""
        let known = request.headers[.ifNoneMatch].map { $0.split(separator: ",").map { $0.trimmed } } ?? []
        if known.contains(tag) || known == ["*"] { return Response(status: .notModified, headers: [.eTag: tag]) }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .eTag: tag, .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension JobName {
    /// A lowercase UUID (RFC 9562, version 4).
    static var random: JobName {
        var random = SystemRandomNumberGenerator()
        let high = random.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        let digits = [high, low].map {
            String(repeating: "0", count: 16 - String($0, radix: 16).count) + String($0, radix: 16)
        }
        .joined()
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return JobName(text)!
    }
}

extension Int {
    fileprivate var bounded: Int { Swift.min(1024, Swift.max(1, self)) }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

extension [UInt8] {
    /// FNV-1a of 64 bits (RFC 9923).
    fileprivate var fingerprint: UInt64 {
        reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
