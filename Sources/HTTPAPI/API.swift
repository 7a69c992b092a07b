import Domain
import HTTPTypes
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
        /// Prometheus' text of what is measured, in pieces; nil: nothing is yet.
        public let metrics: @Sendable () async -> Pieces?

        public typealias Pieces = any Sequence<[UInt8]> & Sendable

        public init(
            version: String, commit: String, buildDate: String,
            bpfProblem: @escaping @Sendable () async -> String?, metrics: @escaping @Sendable () async -> Pieces?
        ) {
            (self.version, self.commit, self.buildDate) = (version, commit, buildDate)
            (self.bpfProblem, self.metrics) = (bpfProblem, metrics)
        }
    }

    typealias Context = BasicRequestContext
    typealias Handler = @Sendable (Request, Context) async throws -> Response

    let jobs: JobFacade
    let about: About
    let guards: Doorkeeper

    /// Of a request's body, in bytes.
    static let maximumBody = 64 * 1024

    func router() -> Router<Context> {
        let router = Router(context: Context.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: guards)
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
        let both = ["/jobs", "/v1/monitor/jobs"].flatMap { base in
            [
                Route(.get, base, list), Route(.get, base + "/{job}", show), Route(.delete, base + "/{job}", remove),
                Route(.post, base + "/{job}/stop", stop), Route(.get, base + "/{job}/results", results),
            ]
        }
        return both + [
            Route(.post, "/jobs/start", start), Route(.post, "/v1/monitor/jobs", start),
            Route(.get, "/healthz", health), Route(.get, "/readyz", readiness), Route(.get, "/version", version),
            Route(.get, "/openapi.json", openAPI), Route(.get, "/metrics", metrics),
        ]
    }
}

extension API {
    @Sendable private func start(_ request: Request, _ context: Context) async throws -> Response {
        let header = request.headers[HTTPField.Name("Idempotency-Key")!]
        let key = header.flatMap(IdempotencyKey.init)
        guard header == nil || key != nil else {
            throw Problem.bad("Idempotency-Key: must have 1 to 255 printable characters")
        }
        let answer = try await jobs.start(try await Self.body(of: request), key: key)
        guard case .string(let name)? = answer["job_id"] else { return Self.answer(answer, .created) }
        return Self.answer(answer, .created, [.location: "/jobs/\(name)"])
    }

    @Sendable private func list(_ request: Request, _ context: Context) async throws -> Response {
        let states = try request.uri.queryParameters.getAll("state").map { word in
            guard let state = OperStatus(rawValue: String(word)) else {
                let known = OperStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.bad("state \(word.prefix(40).debugDescription): must be \(known)")
            }
            return state
        }
        return Self.read(try await jobs.list(Set(states)), request)
    }

    @Sendable private func show(_ request: Request, _ context: Context) async throws -> Response {
        Self.read(try await jobs.show(Self.name(context)), request)
    }

    @Sendable private func stop(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer(try await jobs.stop(Self.name(context)))
    }

    @Sendable private func remove(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer(try await jobs.remove(Self.name(context)))
    }

    @Sendable private func results(_ request: Request, _ context: Context) async throws -> Response {
        if let format = request.uri.queryParameters.get("format"), format != "json" {
            throw Problem.bad("format \(format.prefix(40).debugDescription): must be json")
        }
        return Self.read(try await jobs.results(Self.name(context)), request)
    }

    private static func name(_ context: Context) -> String { context.parameters.get("job") ?? "" }
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
            row = try await jobs.store.agent()
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

    /// What Prometheus scrapes.
    @Sendable private func metrics(_ request: Request, _ context: Context) async throws -> Response {
        let pieces = await about.metrics()
        let body = ResponseBody { writer in
            func write(_ pieces: some Sequence<[UInt8]>) async throws {
                for piece in pieces { try await writer.write(ByteBuffer(bytes: piece)) }
            }
            if let pieces { try await write(pieces) }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"], body: body)
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
        } catch {
            throw Problem.bad("the body did not arrive whole")
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

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

extension [UInt8] {
    /// FNV-1a of 64 bits (RFC 9923).
    fileprivate var fingerprint: UInt64 {
        reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
