import GRPCCore
import GRPCNIOTransportHTTP2Posix
import OTLP
import Testing

/// Ways to a collector other than TCP in plain text.
@Suite(.timeLimit(.minutes(5)))
struct OTLPTransportTests {
    private func startTLS(in folder: String, asksClients: Bool = false) async throws -> FaultyReceiver {
        let certificate = TLSConfig.CertificateSource.file(path: "\(folder)/cert.pem", format: .pem)
        let security = HTTP2ServerTransport.Posix.TransportSecurity.tls(
            certificateChain: [certificate], privateKey: .file(path: "\(folder)/key.pem", format: .pem)
        ) {
            $0.trustRoots = .certificates([certificate])
            if asksClients { $0.clientCertificateVerification = .noHostnameVerification }
        }
        return try await FaultyReceiver.start(security: security)
    }

    private func export(
        to endpoint: String, configure: (inout ExporterSettings) -> Void = { _ in }
    ) async throws -> ExportOutcome {
        var settings = ExporterSettings()
        settings.endpoint = try Endpoint(parsing: endpoint)
        settings.timeout = .seconds(60)
        configure(&settings)
        let exporter = try GRPCMetricExporter(settings, version: "1")
        let outcome = await exporter.export(OTLPBench.batch(points: 1))
        await exporter.shutdown()
        return outcome
    }

    private let arrived = ExportOutcome.success(rejected: 0, message: "", status: .grpc("OK"))

    @Test("TLS works with an authority of one's own, by name and by address, with and without a scheme")
    func tls() async throws {
        try await withTemporaryFolder { folder in
            _ = try await Certificate.make(in: folder)
            let receiver = try await startTLS(in: folder)
            for host in ["https://localhost", "https://127.0.0.1", "localhost"] {
                let outcome = try await export(to: "\(host):\(receiver.port)") {
                    $0.tls.certificate = "\(folder)/cert.pem"
                }
                #expect(outcome == arrived)
            }
            await receiver.stop()
        }
    }

    @Test("A certificate of an unknown authority is refused, and nothing is sent")
    func unknownAuthority() async throws {
        try await withTemporaryFolder { folder in
            _ = try await Certificate.make(in: folder)
            let receiver = try await startTLS(in: folder)
            // The library tells the cause, or only its consequence, a closed connection, as it notices them.
            var reasons: Set<String> = []
            while !reasons.contains(where: { $0.contains("CERTIFICATE_VERIFY_FAILED") }) {
                guard case .retryable(let failure, _) = try await export(to: "https://localhost:\(receiver.port)")
                else {
                    return #expect(Bool(false), "the certificate is trusted")
                }
                reasons.insert(failure.reason)
                try #require(reasons.count < 20, "\(reasons)")
            }
            #expect(receiver.requests.isEmpty)
            await receiver.stop()
        }
    }

    @Test("A client certificate is shown to who asks for it")
    func mutualTLS() async throws {
        try await withTemporaryFolder { folder in
            _ = try await Certificate.make(in: folder)
            let receiver = try await startTLS(in: folder, asksClients: true)
            let outcome = try await export(to: "https://localhost:\(receiver.port)") {
                $0.tls = .init(
                    certificate: "\(folder)/cert.pem", clientCertificate: "\(folder)/cert.pem",
                    clientKey: "\(folder)/key.pem")
            }
            #expect(outcome == arrived)
            await receiver.stop()
        }
    }

    @Test("Plain text to a TLS port fails, and TLS to a plain port too")
    func mismatch() async throws {
        try await withTemporaryFolder { folder in
            _ = try await Certificate.make(in: folder)
            let encrypted = try await startTLS(in: folder)
            let plain = try await FaultyReceiver.start()
            #expect(try await export(to: "http://localhost:\(encrypted.port)") != arrived)
            #expect(try await export(to: "https://localhost:\(plain.port)") != arrived)
            #expect(plain.requests.isEmpty && encrypted.requests.isEmpty)
            await encrypted.stop()
            await plain.stop()
        }
    }

    @Test("A Unix socket works")
    func unixSocket() async throws {
        try await withTemporaryFolder { folder in
            let receiver = try await FaultyReceiver.start(at: .unixDomainSocket(path: "\(folder)/otlp.sock"))
            #expect(try await export(to: "unix:\(folder)/otlp.sock") == arrived)
            await receiver.stop()
        }
    }
}
