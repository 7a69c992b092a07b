import Hummingbird

/// What is beside the jobs.
extension API {
    @Sendable func health(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer(["status": "ok"])
    }

    /// Whether the agent can do its work: it reaches its databases, and counts.
    @Sendable func readiness(_ request: Request, _ context: Context) async throws -> Response {
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

    @Sendable func agent(_ request: Request, _ context: Context) async throws -> Response {
        Self.read(try await jobs.agent(), request)
    }

    @Sendable func version(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer([
            "version": .string(about.version), "commit": .string(about.commit), "build_date": .string(about.buildDate),
        ])
    }

    /// For people; `?job=` with what that job has measured.
    @Sendable func page(_ request: Request, _ context: Context) async throws -> Response {
        var page = Page(version: about.version, role: context.role)
        guard context.role != nil else { return page.response }
        do throws(Problem) {
            page.jobs = try await jobs.list().array("jobs")
            if let job = request.uri.queryParameters.get("job") {
                page.results = try await jobs.results(job)
            }
        } catch {
            page.problem = error
        }
        return page.response
    }

    @Sendable func openAPI(_ request: Request, _ context: Context) async throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: OpenAPI.document(version: about.version))))
    }

    /// What Prometheus scrapes.
    @Sendable func metrics(_ request: Request, _ context: Context) async throws -> Response {
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
}
