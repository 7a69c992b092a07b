import Domain
import HTTPTypes
import Hummingbird

extension API {
    @Sendable func start(_ request: Request, _ context: Context) async throws -> Response {
        let header = request.headers[HTTPField.Name("Idempotency-Key")!]
        let key = header.flatMap(IdempotencyKey.init)
        guard header == nil || key != nil else {
            throw Problem.bad("Idempotency-Key: must have 1 to 255 printable characters")
        }
        let answer = try await jobs.start(try await Self.body(of: request), key: key)
        guard case .string(let name)? = answer["job_id"] else { return Self.answer(answer, .created) }
        return Self.answer(answer, .created, [.location: "/jobs/\(name)"])
    }

    @Sendable func list(_ request: Request, _ context: Context) async throws -> Response {
        let states = try request.uri.queryParameters.getAll("state").map { word in
            guard let state = OperStatus(rawValue: String(word)) else {
                let known = OperStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.bad("state \(word.prefix(40).debugDescription): must be \(known)")
            }
            return state
        }
        return Self.read(try await jobs.list(Set(states)), request)
    }

    @Sendable func show(_ request: Request, _ context: Context) async throws -> Response {
        Self.read(try await jobs.show(Self.name(context)), request)
    }

    @Sendable func events(_ request: Request, _ context: Context) async throws -> Response {
        guard await feed.hasRoom else { throw Problem.tooManyListeners(JobFeed.maximumListeners) }
        let hello: JSON = ["role": JSON(text: context.role?.rawValue), "version": .string(about.version)]
        let events = JobEvents(feed: feed, hello: hello, channel: context.channel)
        let body = ResponseBody { writer in
            try await events.write(to: &writer)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }

    /// It needs no body; what a form of another site would send is refused by its type.
    @Sendable func stop(_ request: Request, _ context: Context) async throws -> Response {
        guard request.headers[.contentType] == nil || Self.isJSON(request) else { throw Problem.mediaType }
        return Self.answer(try await jobs.stop(Self.name(context)))
    }

    @Sendable func remove(_ request: Request, _ context: Context) async throws -> Response {
        Self.answer(try await jobs.remove(Self.name(context)))
    }

    @Sendable func results(_ request: Request, _ context: Context) async throws -> Response {
        if let format = request.uri.queryParameters.get("format"), format != "json" {
            throw Problem.bad("format \(format.prefix(40).debugDescription): must be json")
        }
        return Self.read(try await jobs.results(Self.name(context)), request)
    }

    private static func name(_ context: Context) -> String { context.parameters.get("job") ?? "" }
}
