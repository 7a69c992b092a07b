import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore
import SwiftProtobuf
import Synchronization
import Testing

@testable import OTLP

/// A collector of OTLP over HTTP that misbehaves as it was told, one step per request; afterwards it behaves.
final class HTTPReceiver: Sendable {
    enum Step: Sendable {
        case accept
        case partial(rejected: Int64, message: String)
        /// An answer with this status, `Retry-After` and body.
        case answer(HTTPResponse.Status, retryAfter: String? = nil, text: String = "")
        /// It takes the points, and its answer gets lost.
        case lost
        /// No answer before the client gives up.
        case hang
    }

    /// What arrived with one request.
    struct Request: Sendable {
        let at: ContinuousClock.Instant
        let path: String
        let headers: HTTPFields
        let body: [UInt8]
        /// Nil if the body is packed.
        let message: ExportRequest?
    }

    private struct State {
        var script: [Step]
        var requests: [Request] = []
        /// Those whose points were taken.
        var taken: [ExportRequest] = []
        var port = 0
    }

    private let state: Mutex<State>
    private let serving = Mutex<Task<Void, any Error>?>(nil)

    var port: Int { state.withLock(\.port) }
    var requests: [Request] { state.withLock(\.requests) }
    var taken: [ExportRequest] { state.withLock(\.taken) }

    private init(_ script: [Step]) { state = Mutex(State(script: script)) }

    /// Runs one on a port of the loopback while `body` exports to it, and ends it.
    static func run<Result>(
        _ script: [Step] = [], tls: TLSConfiguration? = nil, path: String? = nil,
        _ body: (HTTPReceiver) async throws -> Result
    ) async throws -> Result {
        let receiver = HTTPReceiver(script)
        let (ports, isListening) = AsyncStream<Int>.makeStream()
        let router = Router()
        router.post("**") { request, _ in try await receiver.answer(request) }
        let application = Application(
            router: router, server: try tls.map { try .tls(.http1(), tlsConfiguration: $0) } ?? .http1(),
            configuration: .init(address: path.map { .unixDomainSocket(path: $0) } ?? .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in isListening.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() })
        let task = Task { try await application.run() }
        for await port in ports {
            receiver.state.withLock { $0.port = port }
            break
        }
        defer { task.cancel() }
        let result = try await body(receiver)
        task.cancel()
        _ = await task.result
        return result
    }

    /// Waits until so many requests have arrived, and returns them.
    func requests(_ count: Int) async throws -> [Request] {
        try await eventually("\(count) requests arrive") { self.requests.count >= count }
        return requests
    }

    private func answer(_ request: Hummingbird.Request) async throws -> Response {
        let bytes = Array(try await request.body.collect(upTo: 16 << 20).readableBytesView)
        let message = Self.message(bytes, request.headers)
        let step = state.withLock { state in
            state.requests.append(
                Request(at: .now, path: request.uri.path, headers: request.headers, body: bytes, message: message))
            let step = state.script.isEmpty ? Step.accept : state.script.removeFirst()
            switch step {
            case .accept, .partial, .lost: state.taken += message.map { [$0] } ?? []
            case .answer, .hang: break
            }
            return step
        }
        switch step {
        case .accept: return try Self.response(ExportResponse(), to: request)
        case .partial(let rejected, let text):
            let response = ExportResponse.with {
                $0.partialSuccess = .with { ($0.rejectedDataPoints, $0.errorMessage) = (rejected, text) }
            }
            return try Self.response(response, to: request)
        case .answer(let status, let wait, let text):
            var headers: HTTPFields = [.contentType: "text/plain"]
            if let wait { headers[.retryAfter] = wait }
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
        case .lost: return Response(status: .badGateway)
        case .hang:
            try await Task.sleep(for: .seconds(600))
            return Response(status: .gatewayTimeout)
        }
    }

    private static func message(_ bytes: [UInt8], _ headers: HTTPFields) -> ExportRequest? {
        guard headers[.contentEncoding] == nil else { return nil }
        return headers[.contentType] == "application/json"
            ? try? ExportRequest(jsonUTF8Bytes: bytes) : try? ExportRequest(serializedBytes: bytes)
    }

    private static func response(_ response: ExportResponse, to request: Hummingbird.Request) throws -> Response {
        let type = request.headers[.contentType] ?? ""
        let bytes: [UInt8] =
            type == "application/json" ? try response.jsonUTF8Bytes() : try response.serializedBytes()
        return Response(
            status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
