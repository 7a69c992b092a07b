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

    /// What is known of a request beyond itself.
    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        /// What whoever asks may do; nil: a stranger.
        var role: Role?

        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            channel = source.channel
        }
    }

    typealias Handler = @Sendable (Request, Context) async throws -> Response

    let jobs: JobFacade
    let about: About
    let guards: Doorkeeper
    let feed: JobFeed

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
            Route(.get, "/jobs/events", events), Route(.get, "/healthz", health), Route(.get, "/readyz", readiness),
            Route(.get, "/version", version), Route(.get, "/agent", agent),
            Route(.get, "/", page), Route(.get, "/openapi.json", openAPI), Route(.get, "/metrics", metrics),
        ]
    }
}
