import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SwiftProtobuf
import Synchronization

@testable import OTLP

/// A collector that misbehaves as it was told, one step per request; afterwards it behaves.
final class FaultyReceiver: Sendable {
    enum Step: Sendable {
        case accept
        case partial(rejected: Int64, message: String)
        case fail(RPCError.Code, retryAfter: Duration? = nil)
        /// No answer before the client gives up.
        case hang
    }

    /// What arrived with one request.
    struct Request: Sendable {
        let at: ContinuousClock.Instant
        let message: ExportRequest
        let metadata: Metadata
    }

    private struct State {
        var script: [Step]
        var requests: [Request] = []
    }

    private typealias Server = GRPCServer<HTTP2ServerTransport.Posix>

    private let state: Mutex<State>
    private let serving = Mutex<(server: Server, task: Task<Void, Never>)?>(nil)
    private let boundPort = Mutex(0)

    /// The port it listens on; 0 for a Unix socket.
    var port: Int { boundPort.withLock(\.self) }
    /// `127.0.0.1:port`.
    var endpoint: String { "127.0.0.1:\(port)" }
    /// What arrived so far.
    var requests: [Request] { state.withLock(\.requests) }

    /// One that listens on a port of the loopback, by default of the kernel's choice.
    static func start(
        port: UInt16 = 0, security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext, _ script: [Step] = []
    ) async throws -> FaultyReceiver {
        try await start(at: .ipv4(host: "127.0.0.1", port: Int(port)), security: security, script)
    }

    /// One that listens anywhere.
    static func start(
        at address: SocketAddress, security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext,
        _ script: [Step] = []
    ) async throws -> FaultyReceiver {
        let deadline = ContinuousClock.now + .seconds(60).stretched
        while true {
            let receiver = FaultyReceiver(script)
            do {
                try await receiver.listen(at: address, security)
                return receiver
            } catch {
                // A port that was free a moment ago may be the source of somebody's connection, which passes.
                guard .now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Waits until so many requests have arrived, and returns them.
    func requests(_ count: Int, within limit: Duration = .seconds(60).stretched) async throws -> [Request] {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let requests = requests
            if requests.count >= count { return requests }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw FaultyReceiverError.tooFewRequests(requests.count)
    }

    /// Ends all connections and waits until the port is free. Cancelling instead would crash NIO
    /// when a connection comes in just then.
    func stop() async {
        guard let (server, task) = serving.withLock(\.self) else { return }
        server.beginGracefulShutdown()
        await task.value
    }

    private init(_ script: [Step]) {
        state = Mutex(State(script: script))
    }

    private func listen(at address: SocketAddress, _ security: HTTP2ServerTransport.Posix.TransportSecurity)
        async throws
    {
        let transport = HTTP2ServerTransport.Posix(
            address: address, transportSecurity: security,
            config: .defaults { $0.compression.enabledAlgorithms = [.gzip] })
        let server = Server(transport: transport, services: [Service(receiver: self)])
        serving.withLock { $0 = (server, Task { try? await server.serve() }) }
        let port = try await transport.listeningAddress.ipv4?.port ?? 0
        boundPort.withLock { $0 = port }
    }

    fileprivate func answer(
        _ message: ExportRequest, _ metadata: Metadata, _ context: ServerContext
    ) async throws -> ExportResponse {
        let step = state.withLock { state in
            state.requests.append(Request(at: .now, message: message, metadata: metadata))
            return state.script.isEmpty ? Step.accept : state.script.removeFirst()
        }
        switch step {
        case .accept: return ExportResponse()
        case .partial(let rejected, let message):
            return .with {
                $0.partialSuccess = .with { ($0.rejectedDataPoints, $0.errorMessage) = (rejected, message) }
            }
        case .fail(let code, let wait):
            var metadata = Metadata()
            if let wait { metadata.addBinary(try Self.status(asking: wait), forKey: "grpc-status-details-bin") }
            throw RPCError(code: code, message: "scripted", metadata: metadata)
        case .hang:
            try await context.cancellation.cancelled
            throw RPCError(code: .cancelled, message: "given up")
        }
    }

    /// A `google.rpc.Status` with a RetryInfo.
    private static func status(asking wait: Duration) throws -> [UInt8] {
        let (seconds, attoseconds) = wait.components
        let info = Google_Rpc_RetryInfo.with {
            $0.retryDelay = .with { ($0.seconds, $0.nanos) = (seconds, Int32(attoseconds / 1_000_000_000)) }
        }
        let detail = try Google_Rpc_Any.with {
            $0.typeURL = "type.googleapis.com/google.rpc.RetryInfo"
            $0.value = try info.serializedBytes()
        }
        return try Google_Rpc_Status.with { $0.details = [detail] }.serializedBytes()
    }
}

enum FaultyReceiverError: Error {
    case tooFewRequests(Int)
}

private struct Service: RegistrableRPCService {
    unowned let receiver: FaultyReceiver

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
        let method = MethodDescriptor(
            fullyQualifiedService: "opentelemetry.proto.collector.metrics.v1.MetricsService", method: "Export")
        router.registerHandler(
            forMethod: method, deserializer: RequestDeserializer(), serializer: ResponseSerializer()
        ) { [receiver] request, context in
            let request = try await ServerRequest(stream: request)
            let response = try await receiver.answer(request.message, request.metadata, context)
            return StreamingServerResponse(single: ServerResponse(message: response))
        }
    }
}

extension FaultyReceiver.Request {
    /// The times of all points, in nanoseconds.
    var times: [UInt64] {
        message.resourceMetrics.flatMap(\.scopeMetrics).flatMap(\.metrics).flatMap { metric in
            metric.sum.dataPoints.map(\.timeUnixNano) + metric.histogram.dataPoints.map(\.timeUnixNano)
        }
    }
}

private struct RequestDeserializer: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> ExportRequest {
        try bytes.withUnsafeBytes { try ExportRequest(serializedBytes: Array($0)) }
    }
}

private struct ResponseSerializer: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: ExportResponse) throws -> Bytes {
        Bytes(try message.serializedBytes() as [UInt8])
    }
}
