import HTTPTypes
import NIOSSL
import Subprocess
import Testing

@testable import OTLP

/// OTLP over HTTP, to collectors real and misbehaving.
@Suite(.timeLimit(.minutes(5)))
struct OTLPHTTPTests {
    private static let arrived = ExportOutcome.success(rejected: 0, message: "", status: .http(200))

    private func settings(_ transport: ExporterSettings.Transport, _ endpoint: String) throws -> ExporterSettings {
        var settings = ExporterSettings.patient
        settings.transport = transport
        settings.endpoint = try Endpoint(parsing: endpoint)
        return settings
    }

    private func export(
        _ transport: ExporterSettings.Transport = .httpProtobuf, to endpoint: String,
        batch: MetricBatch = OTLPBench.batch(points: 3), configure: (inout ExporterSettings) -> Void = { _ in }
    ) async throws -> ExportOutcome {
        var settings = try settings(transport, endpoint)
        configure(&settings)
        let exporter = try HTTPMetricExporter(settings, version: "1.2.3")
        let outcome = await exporter.export(batch)
        await exporter.shutdown()
        return outcome
    }

    @Test("A real collector gets counters and histograms as they were, plain and packed", .needsRotel)
    func collector() async throws {
        let collector = try await Rotel.start()
        do {
            for compression in ExporterSettings.Compression.allCases {
                let outcome = try await export(to: collector.httpEndpoint) { $0.compression = compression }
                #expect(outcome == Self.arrived)
            }
            let points = try await collector.points { $0.count == 8 }
            #expect(points.filter { $0.name == "bpf.packets" }.map { $0.value ?? -1 } == [0, 1, 2, 0, 1, 2])
            #expect(
                points.filter { $0.name == "bpf.bytes" }.allSatisfy { $0.bucketCounts == [1, 2, 0] && $0.sum == 200.5 })
        } catch {
            await collector.stop()
            throw error
        }
        await collector.stop()
    }

    @Test(
        "Protobuf and JSON say the same, under their types, with user agent and headers",
        arguments: [
            (ExporterSettings.Transport.httpProtobuf, "application/x-protobuf"), (.httpJSON, "application/json"),
        ])
    func encodings(transport: ExporterSettings.Transport, type: String) async throws {
        try await HTTPReceiver.run { receiver in
            let batch = OTLPBench.batch(points: 2)
            let outcome = try await export(transport, to: "http://127.0.0.1:\(receiver.port)/base", batch: batch) {
                $0.headers = [.init(name: "x-tenant", value: "a b")]
            }
            #expect(outcome == Self.arrived)
            let request = try #require(receiver.requests.first)
            #expect(request.path == "/base/v1/metrics")
            #expect(request.headers[.contentType] == type)
            #expect(request.headers[.userAgent] == "telegen-sonic/1.2.3 OTel-OTLP-Exporter-Swift/1.2.3")
            let tenant = try #require(HTTPField.Name("x-tenant"))
            #expect(request.headers[tenant] == "a b")
            let metrics = try #require(request.message?.resourceMetrics.first?.scopeMetrics.first?.metrics)
            #expect(metrics.map(\.name) == ["bpf.packets", "bpf.bytes"])
            #expect(metrics[0].sum.dataPoints.map(\.asInt) == [0, 1])
            #expect(metrics[1].histogram.dataPoints.first?.bucketCounts == [1, 2, 0])
        }
    }

    @Test("A packed request unpacks to what was to be sent")
    func packed() async throws {
        try await HTTPReceiver.run { receiver in
            let batch = OTLPBench.batch(points: 4000)
            for compression in ExporterSettings.Compression.allCases {
                let outcome = try await export(to: "127.0.0.1:\(receiver.port)", batch: batch) {
                    $0.compression = compression
                }
                #expect(outcome == Self.arrived)
            }
            let (plain, packed) = (receiver.requests[0], receiver.requests[1])
            #expect(packed.headers[.contentEncoding] == "gzip" && packed.body.count < plain.body.count / 4)
            let unpacked = try await Subprocess.run(
                .name("gzip"), arguments: ["-dc"], input: .array(packed.body), output: .bytes(limit: 16 << 20))
            #expect(unpacked.standardOutput == plain.body)
        }
    }

    @Test(
        "These answers are tried again, after as long as the receiver asks for",
        arguments: [429, 502, 503, 504], [nil, "7"])
    func retryable(code: Int, retryAfter: String?) async throws {
        try await HTTPReceiver.run([.answer(.init(code: code), retryAfter: retryAfter, text: "later")]) { receiver in
            let outcome = try await export(to: "127.0.0.1:\(receiver.port)")
            guard case .retryable(let failure, let wait) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(failure.reason.hasPrefix("HTTP \(code) ") && failure.reason.hasSuffix(": later"))
            #expect(failure.type == "\(code)" && failure.status == .http(code))
            #expect(wait == retryAfter.map { _ in .seconds(7) })
        }
    }

    @Test("No other answer is", arguments: [301, 400, 401, 404, 413, 415, 500, 501])
    func permanent(code: Int) async throws {
        try await HTTPReceiver.run([.answer(.init(code: code), retryAfter: "1")]) { receiver in
            let outcome = try await export(to: "127.0.0.1:\(receiver.port)")
            guard case .permanent(let failure) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(failure.reason.hasPrefix("HTTP \(code) ") && failure.status == .http(code))
        }
    }

    @Test(
        "Refused points are told, in both encodings", arguments: [ExporterSettings.Transport.httpProtobuf, .httpJSON])
    func partial(transport: ExporterSettings.Transport) async throws {
        try await HTTPReceiver.run([.partial(rejected: 2, message: "too old")]) { receiver in
            let outcome = try await export(transport, to: "127.0.0.1:\(receiver.port)")
            #expect(outcome == .success(rejected: 2, message: "too old", status: .http(200)))
        }
    }

    @Test("Nobody there, and nobody who answers, is tried again")
    func absent() async throws {
        for endpoint in ["127.0.0.1:\(try Loopback.freePort())", "unix:/nonexistent/socket"] {
            guard case .retryable = try await export(to: endpoint) else { return #expect(Bool(false), "\(endpoint)") }
        }
        try await HTTPReceiver.run([.hang]) { receiver in
            let outcome = try await export(to: "127.0.0.1:\(receiver.port)") { $0.timeout = .milliseconds(300) }
            guard case .retryable(let failure, _) = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(failure.type == "timeout" && failure.status == nil)
        }
    }

    @Test("An export that is cancelled returns at once")
    func cancelled() async throws {
        try await HTTPReceiver.run([.hang]) { receiver in
            let exporter = try HTTPMetricExporter(
                try settings(.httpProtobuf, "127.0.0.1:\(receiver.port)"), version: "1")
            let task = Task { await exporter.export(OTLPBench.batch(points: 1)) }
            _ = try await receiver.requests(1)
            task.cancel()
            _ = await task.value
        }
    }

    @Test("TLS works with an authority of one's own, a client certificate is shown, and a strange authority is refused")
    func tls() async throws {
        try await withTemporaryFolder { folder in
            let certificate = try await Certificate.make(in: folder)
            var server = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem)))
            server.trustRoots = .file(certificate.certificate)
            server.certificateVerification = .noHostnameVerification
            try await HTTPReceiver.run(tls: server) { receiver in
                let url = "https://localhost:\(receiver.port)"
                let outcome = try await export(to: url) {
                    $0.tls = .init(
                        certificate: certificate.certificate, clientCertificate: certificate.certificate,
                        clientKey: certificate.key)
                }
                #expect(outcome == Self.arrived)
                for files in [ExporterSettings.TLSFiles(), .init(certificate: certificate.certificate)] {
                    let outcome = try await export(to: url) { $0.tls = files }
                    guard case .retryable = outcome else { return #expect(Bool(false), "\(outcome)") }
                }
                #expect(receiver.requests.count == 1)
            }
        }
    }

    @Test("A Unix socket works")
    func unixSocket() async throws {
        try await withTemporaryFolder { folder in
            try await HTTPReceiver.run(path: "\(folder)/otlp.sock") { receiver in
                let outcome = try await export(to: "unix:\(folder)/otlp.sock")
                #expect(outcome == Self.arrived)
                #expect(receiver.requests.first?.path == "/v1/metrics")
            }
        }
    }
}
