import OTLP
import Testing

/// What a real collector makes of what we send.
@Suite(.timeLimit(.minutes(5)), .needsRotel)
struct OTLPCollectorTests {
    private func withCollector(_ body: (Rotel) async throws -> Void) async throws {
        let collector = try await Rotel.start()
        do {
            try await body(collector)
        } catch {
            await collector.stop()
            throw error
        }
        await collector.stop()
    }

    private func export(
        to endpoint: String, batch: MetricBatch = OTLPBench.batch(points: 1),
        configure: (inout ExporterSettings) -> Void = { _ in }
    ) async throws -> MetricBatch {
        var settings = ExporterSettings.patient
        settings.endpoint = try Endpoint(parsing: endpoint)
        configure(&settings)
        let exporter = try GRPCMetricExporter(settings, version: "1.2.3")
        #expect(await exporter.export(batch) == .success(rejected: 0, message: "", status: .grpc("OK")))
        await exporter.shutdown()
        return batch
    }

    @Test("Counters and histograms arrive as they were")
    func arrives() async throws {
        try await withCollector { collector in
            let batch = try await export(to: collector.grpcEndpoint)
            let points = try await collector.points { $0.count == 2 }
            guard case .sum(let sums, _, _) = batch.metrics[0].data else { return #expect(Bool(false), "no sum") }
            let counter = CollectedPoint(
                name: "bpf.packets", unit: "{packet}", type: "Sum", isMonotonic: true, temporality: "CUMULATIVE",
                resource: ["service.name": "test"], scope: "telegen-sonic 1.2.3",
                attributes: ["proto": "ipv4", "telegen.job": "job0"], start: 1_000, time: sums[0].time, value: 0)
            #expect(points.first == counter)
            let sizes = CollectedPoint(
                name: "bpf.bytes", unit: "By", type: "Histogram", temporality: "CUMULATIVE",
                resource: ["service.name": "test"], scope: "telegen-sonic 1.2.3", attributes: ["proto": "ipv6"],
                start: 1_000, time: sums[0].time, count: 3, sum: 200.5, bucketCounts: [1, 2, 0],
                explicitBounds: [64, 128])
            #expect(points.last == sizes)
        }
    }

    @Test("A name is as good as an address")
    func byName() async throws {
        try await withCollector { collector in
            let port = try #require(collector.grpcEndpoint.split(separator: ":").last)
            for endpoint in ["localhost:\(port)", "dns:///localhost:\(port)", "http://localhost:\(port)/"] {
                _ = try await export(to: endpoint)
            }
            _ = try await collector.points { $0.count == 6 }
        }
    }

    @Test("gzip is understood")
    func gzip() async throws {
        try await withCollector { collector in
            _ = try await export(to: collector.grpcEndpoint, batch: OTLPBench.batch(points: 100)) {
                $0.compression = .gzip
            }
            _ = try await collector.points { $0.count == 101 }
        }
    }

    @Test("More than a request may carry arrives in several, each point once")
    func manyPoints() async throws {
        try await withCollector { collector in
            // 5,000 points of more than 1,000 bytes: above the 4 MiB that collectors take.
            let name = String(repeating: "x", count: 1_000)
            _ = try await export(to: collector.grpcEndpoint, batch: OTLPBench.batch(points: 5_000, jobName: name))
            let points = try await collector.points { $0.count >= 5_001 }
            #expect(Set(points.compactMap { $0.attributes["telegen.job"] }).count == 5_000)
            #expect(points.count == 5_001)
        }
    }
}
