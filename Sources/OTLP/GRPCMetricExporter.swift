import GRPCCore
import SwiftProtobuf

/// Delivers batches over OTLP/gRPC.
///
/// The connection is made in the background and again whenever it is lost; a batch that is too
/// big for one request travels in several, one after the other.
public struct GRPCMetricExporter: MetricExporter {
    public let destination: String
    public let component: [Attribute]
    private let connection: ReplaceableConnection
    private let metadata: Metadata
    private let options: CallOptions
    private let format: RequestFormat

    private static let method = MethodDescriptor(
        fullyQualifiedService: "opentelemetry.proto.collector.metrics.v1.MetricsService", method: "Export",
        type: .unary)

    /// An exporter; `version` is that of telegen-sonic, for the user agent. Fails when the settings
    /// contradict themselves or name files that cannot be used, not when nobody listens.
    public init(_ settings: ExporterSettings, version: String) throws(ExporterError) {
        guard settings.endpoint.path.isEmpty else {
            throw ExporterError("endpoint \"\(settings.endpoint)\": has a path; gRPC takes none, http/protobuf does")
        }
        (destination, component) = (settings.destination, settings.component)
        connection = try ReplaceableConnection(settings)
        metadata = Metadata(settings, version: version)
        format = RequestFormat(histograms: settings.histograms)
        var options = CallOptions.defaults
        options.timeout = settings.timeout
        self.options = options
    }

    public func export(_ batch: MetricBatch) async -> ExportOutcome {
        do {
            return try await batch.deliver(format) { (try await send($0), .grpc("OK")) }
        } catch {
            return failure(error)
        }
    }

    public func shutdown() async {
        connection.close()
    }

    private func send(_ request: [UInt8]) async throws -> ExportResponse {
        try await connection.withClient { client in
            try await client.unary(
                request: ClientRequest(message: request, metadata: metadata), descriptor: Self.method,
                serializer: ReadySerializer(), deserializer: ResponseDeserializer(), options: options
            ) { try $0.message }
        }
    }

    /// A connection that gave no answer in time may be dead without knowing it: the next attempt
    /// makes a new one.
    private func failure(_ error: any Error) -> ExportOutcome {
        if Task.isCancelled || (error as? RPCError)?.code == .deadlineExceeded { connection.close() }
        return ExportOutcome(error)
    }
}

/// Why an exporter cannot be made.
public struct ExporterError: Error, Hashable, CustomStringConvertible {
    /// One sentence for the user.
    public var description: String

    init(_ description: String) { self.description = description }
}

extension Metadata {
    fileprivate init(_ settings: ExporterSettings, version: String) {
        self.init()
        addString("telegen-sonic/\(version) OTel-OTLP-Exporter-Swift/\(version)", forKey: "user-agent")
        for header in settings.headers { addString(header.value, forKey: header.name) }
    }
}

/// Requests are serialized before they are sent, to know how big they are.
private struct ReadySerializer: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes {
        Bytes(message)
    }
}

private struct ResponseDeserializer: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> ExportResponse {
        try bytes.withUnsafeBytes { try ExportResponse(serializedBytes: Array($0)) }
    }
}
