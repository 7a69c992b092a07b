import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import SwiftProtobuf

/// Delivers batches over OTLP/HTTP, as protobuf or as JSON.
public struct HTTPMetricExporter: MetricExporter {
    public let destination: String
    public let component: [Attribute]
    private let connection: Connection
    private let timeout: TimeAmount
    private let headers: HTTPHeaders
    private let format: RequestFormat
    private let isPacked: Bool

    /// Of an answer; collectors say little.
    private static let largestAnswer = 64 * 1024

    /// An exporter; `version` is that of telegen-sonic, for the user agent. Fails when the settings name files that
    /// cannot be used, not when nobody listens.
    public init(_ settings: ExporterSettings, version: String) throws(ExporterError) {
        (destination, component) = (settings.destination, settings.component)
        timeout = TimeAmount(settings.timeout)
        isPacked = settings.compression == .gzip
        let isJSON = settings.transport == .httpJSON
        format = RequestFormat(encoding: isJSON ? .json : .protobuf, histograms: settings.histograms)
        var headers = HTTPHeaders(settings.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "User-Agent", value: "telegen-sonic/\(version) OTel-OTLP-Exporter-Swift/\(version)")
        headers.replaceOrAdd(name: "Content-Type", value: isJSON ? "application/json" : "application/x-protobuf")
        if isPacked { headers.replaceOrAdd(name: "Content-Encoding", value: "gzip") }
        self.headers = headers
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try settings.tlsConfiguration, redirectConfiguration: .disallow,
            timeout: .init(connect: min(timeout, .seconds(10))), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        configuration.connectionPool.retryConnectionEstablishment = false
        connection = Connection(configuration)
    }

    public func export(_ batch: MetricBatch) async -> ExportOutcome {
        do {
            return try await batch.deliver(format) { try await send($0) }
        } catch let refusal as Refusal {
            return refusal.outcome
        } catch {
            return .retryable(ExportFailure("\(error)".printable, type: error.typeName), after: nil)
        }
    }

    /// Calls under way are cancelled already, and the connection goes away with the exporter.
    public func shutdown() async {}

    private func send(_ request: [UInt8]) async throws -> (ExportResponse, ResponseStatus) {
        var call = HTTPClientRequest(url: destination)
        call.method = .POST
        call.headers = headers
        call.body = .bytes(isPacked ? try Gzip.compress(request) : request)
        let answer = try await connection.client.execute(call, timeout: timeout)
        let body = try await answer.body.collect(upTo: Self.largestAnswer)
        let type = answer.headers.first(name: "Content-Type") ?? ""
        guard (200...299).contains(answer.status.code) else {
            let details: Google_Rpc_Status? = Self.message(body, type)
            throw Refusal(
                status: answer.status,
                message: details?.message ?? (type.hasPrefix("text/plain") ? String(buffer: body).printable : ""),
                retryAfter: answer.headers.first(name: "Retry-After").flatMap { RetryAfter.duration($0) })
        }
        let status = ResponseStatus.http(Int(answer.status.code))
        // Some receivers answer with nothing. Whoever answers with something else, as a proxy's page, has taken nothing.
        guard body.readableBytes > 0 else { return (ExportResponse(), status) }
        guard let response: ExportResponse = Self.message(body, type) else {
            throw Refusal(
                status: answer.status, message: "the answer is no OTLP: is a collector there?", retryAfter: nil)
        }
        return (response, status)
    }

    private static func message<Answer: Message>(_ body: ByteBuffer, _ type: String) -> Answer? {
        let bytes = Array(body.readableBytesView)
        switch type.prefix(while: { $0 != ";" }).lowercased() {
        case "application/json":
            var options = JSONDecodingOptions()
            options.ignoreUnknownFields = true
            return try? Answer(jsonUTF8Bytes: bytes, options: options)
        case "application/x-protobuf": return try? Answer(serializedBytes: bytes)
        default: return nil
        }
    }
}

/// Goes away with its last reference.
private final class Connection: Sendable {
    let client: HTTPClient

    init(_ configuration: HTTPClient.Configuration) {
        client = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }

    deinit { client.shutdown { _ in } }
}

/// An answer that is no success.
private struct Refusal: Error {
    let status: HTTPResponseStatus
    let message: String
    let retryAfter: Duration?

    /// By the OTLP specification these are worth another try; nothing else is.
    private static let retryable: Set<UInt> = [429, 502, 503, 504]

    var outcome: ExportOutcome {
        let reason = "HTTP \(status.code) \(status.reasonPhrase)\(message.isEmpty ? "" : ": \(message)")"
        var failure = ExportFailure(reason, status: .http(Int(status.code)))
        // A status that says that all is well is no error's.
        if (200...299).contains(status.code) { failure.type = "invalid_response" }
        return Self.retryable.contains(status.code) ? .retryable(failure, after: retryAfter) : .permanent(failure)
    }
}

extension ExporterSettings {
    /// Nil in plain text.
    fileprivate var tlsConfiguration: TLSConfiguration? {
        get throws(ExporterError) {
            guard usesTLS else { return nil }
            var configuration = TLSConfiguration.makeClientConfiguration()
            do {
                if let authorities = tls.certificate {
                    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
                }
                if let certificate = tls.clientCertificate, let key = tls.clientKey {
                    configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                        .certificate($0)
                    }
                    configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
                }
            } catch {
                throw ExporterError("TLS for \(destination): \(error); check the certificate and key files")
            }
            return configuration
        }
    }
}
