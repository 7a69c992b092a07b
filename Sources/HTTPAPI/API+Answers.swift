import HTTPTypes
import Hummingbird
import NIOCore

extension API {
    /// The JSON of a request; its type has been looked at.
    static func body(of request: Request) async throws -> JSON {
        guard isJSON(request) else { throw Problem.mediaType }
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

    /// Whether a request's body is said to be JSON.
    static func isJSON(_ request: Request) -> Bool {
        let type = request.headers[.contentType].flatMap { MediaType(from: $0) }
        return type?.isType(.applicationJson) == true
    }

    static func answer(
        _ body: JSON, _ status: HTTPResponse.Status = .ok, _ more: HTTPFields = [:]
    ) -> Response {
        var headers = more
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body.bytes)))
    }

    /// What can be asked for again: with an ETag, and without a body when the client has it.
    static func read(_ body: JSON, _ request: Request) -> Response {
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
