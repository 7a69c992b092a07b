import Hummingbird

/// Why a request is not done: a problem document (RFC 9457) that also carries `error` and `message`.
public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    let status: HTTPResponse.Status
    /// For programs: one word for each kind of problem.
    let error: String
    /// For people: what is wrong, and what helps.
    let message: String
    var allow: String?
    var retryAfter: Int?
    var challenge: String?

    public var description: String { message }

    var response: Response {
        let document: JSON = [
            "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(Int64(status.code)),
            "detail": .string(message), "error": .string(error), "message": .string(message),
        ]
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let allow { headers[.allow] = allow }
        if let challenge { headers[.wwwAuthenticate] = challenge }
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: document.bytes)))
    }
}

extension Problem {
    static func bad(_ message: String) -> Problem {
        Problem(status: .badRequest, error: "bad_request", message: message)
    }

    static func forbidden(_ message: String) -> Problem {
        Problem(status: .forbidden, error: "forbidden", message: message)
    }

    static let token = Problem(
        status: .unauthorized, error: "unauthorized",
        message: "a token is needed (Authorization: Bearer …), one that the agent's TELEGEN_TOKENS knows",
        challenge: "Bearer")

    static func noJob(_ name: String) -> Problem {
        Problem(status: .notFound, error: "not_found", message: "no job \(name): GET /jobs lists all")
    }

    static func noPath(_ path: String) -> Problem {
        Problem(
            status: .notFound, error: "not_found",
            message: "nothing is at \(path.prefix(200)): GET /openapi.json describes what is")
    }

    static func method(_ method: String, allowed: [String]) -> Problem {
        let allow = allowed.joined(separator: ", ")
        return Problem(
            status: .methodNotAllowed, error: "method_not_allowed",
            message: "\(method.prefix(20)) is not for this path: use \(allow)", allow: allow)
    }

    static func exists(_ name: String) -> Problem {
        Problem(
            status: .conflict, error: "conflict",
            message: "there is a job \(name) already: delete it, or take another job_id")
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(
            status: .contentTooLarge, error: "too_large", message: "the body must have at most \(limit) bytes")
    }

    static let mediaType = Problem(
        status: .unsupportedMediaType, error: "unsupported_media_type",
        message: "the body must be JSON: send Content-Type: application/json")

    static func full(_ limit: Int) -> Problem {
        Problem(
            status: .tooManyRequests, error: "concurrency_limit",
            message: "\(limit) jobs are up, which is max_jobs of TELEGEN|global: stop one, or raise it", retryAfter: 5)
    }

    static let tooFast = Problem(
        status: .tooManyRequests, error: "rate_limit", message: "too many requests: slow down", retryAfter: 1)

    static func tooManyListeners(_ limit: Int) -> Problem {
        Problem(
            status: .tooManyRequests, error: "rate_limit",
            message: "\(limit) streams of events are open: end one, or ask for /jobs now and then", retryAfter: 5)
    }

    static func database(_ why: String) -> Problem {
        Problem(
            status: .serviceUnavailable, error: "database_unavailable", message: "the database is away: \(why)",
            retryAfter: 1)
    }
}
