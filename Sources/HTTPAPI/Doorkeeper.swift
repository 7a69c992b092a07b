import HTTPTypes
import Hummingbird
import Logging
import NIOCore

public enum Host {
    /// Names by which this machine is asked from itself. Another one is that of a web page whose name was made to lead
    /// here (DNS rebinding).
    public static func isOwn(_ authority: String) -> Bool {
        let text = authority.lowercased()
        guard let name = ["localhost", "127.0.0.1", "[::1]"].first(where: text.hasPrefix) else { return false }
        let port = text.dropFirst(name.count)
        return port.isEmpty || port.first == ":" && UInt16(port.dropFirst()) != nil
    }
}

/// Stands before every path: turns away requests of web pages from elsewhere, and makes a problem document of every
/// error.
struct Doorkeeper: RouterMiddleware {
    let tokens: Tokens
    /// Only this machine reaches it, by its own names.
    let isLocal: Bool
    let logger: Logger
    private let pace: Pace

    init(tokens: Tokens, isLocal: Bool, pace: Pace = Pace(), logger: Logger) {
        (self.tokens, self.isLocal, self.pace, self.logger) = (tokens, isLocal, pace, logger)
    }

    func handle(
        _ request: Request, context: API.Context, next: (Request, API.Context) async throws -> Response
    ) async throws -> Response {
        do {
            try check(request)
            var context = context
            context.role = try authorize(request)
            var response = try await next(request, context)
            response.headers[.xContentTypeOptions] = "nosniff"
            return response
        } catch let problem as Problem {
            return problem.response
        } catch let error as any HTTPResponseError where error.status == .notFound {
            return Problem.noPath(request.uri.path).response
        } catch let error as any HTTPResponseError where error.status.code < 500 {
            return Problem(status: error.status, error: "bad_request", message: "\(error.status.reasonPhrase)").response
        } catch is CancellationError {
            return Problem.database("the agent is ending").response
        } catch {
            logger.error("a request failed", metadata: ["path": "\(request.uri.path.prefix(80))", "error": "\(error)"])
            return Problem(
                status: .internalServerError, error: "internal", message: "the agent could not answer; see its log"
            ).response
        }
    }

    /// Looking needs any role, everything else the operator's; whether the process is up anybody may know. Nil: a stranger.
    private func authorize(_ request: Request) throws(Problem) -> Role? {
        guard let role = tokens.role(request.headers[.authorization]) else {
            guard pace.admits(.stranger) else { throw .tooFast }
            // The page asks people for their token, and a browser sends none by itself.
            if request.uri.path == "/healthz" || request.uri.path == "/" && isUnnamed(request) { return nil }
            throw .token
        }
        let isReading = [.get, .head].contains(request.method)
        let isScrape = request.uri.path.split(separator: "/") == ["metrics"]
        let kind: Pace.Kind = !isReading ? .write : isScrape ? .scrape : .read
        guard pace.admits(kind) else { throw .tooFast }
        guard role == .operator || isReading else {
            throw .forbidden("this token may only look: take one with the role operator")
        }
        return role
    }

    private func isUnnamed(_ request: Request) -> Bool {
        request.headers[.authorization] == nil && [.get, .head].contains(request.method)
    }

    private func check(_ request: Request) throws(Problem) {
        guard let host = request.head.authority, !host.isEmpty else {
            throw .bad("a request names its Host (RFC 9112, 3.2): ask for 127.0.0.1 or localhost")
        }
        // From elsewhere nobody enters without a token, which no page of another site has.
        guard !isLocal || Host.isOwn(host) else {
            throw .forbidden("the Host is not this machine's: ask for 127.0.0.1 or localhost")
        }
        if let origin = request.headers[.origin] {
            let site = origin.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
            guard origin.hasPrefix("http"), site.lowercased() == host.lowercased() else {
                throw .forbidden("the request comes from a page of another site")
            }
        }
        // Pages of other ports are of the same site, and may lead here but change nothing.
        let isReading = [.get, .head].contains(request.method)
        let from = request.headers[HTTPField.Name("Sec-Fetch-Site")!]
        if from == "cross-site" || from == "same-site" && !isReading {
            throw .forbidden("the request comes from a page of another site")
        }
    }
}
