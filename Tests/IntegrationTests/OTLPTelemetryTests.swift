import Testing

@testable import OTLP

/// What the exporter tells of itself, compared with what receivers saw.
@Suite(.timeLimit(.minutes(5)))
struct OTLPTelemetryTests {
    /// Exports until there are `count` requests, of which the first failed and of the second one point was refused.
    private func expectTruth(
        _ settings: ExporterSettings, _ endpoint: String, type: String, failed: String, code: (key: String, ok: String),
        _ requests: (Int) async throws -> [ExportRequest]
    ) async throws {
        let bench = try OTLPBench(endpoint, settings: settings, telemetry: SelfTelemetry(start: 1_000))
        let arrived = try await requests(5)
        await bench.stop()
        let port = try #require(endpoint.split(separator: ":").last)
        let component = [
            "otel.component.type": type, "otel.component.name": "\(type)/0", "server.address": "127.0.0.1",
            "server.port": "\(port)",
        ]
        for (index, request) in arrived.enumerated().dropFirst(2) {
            let taken = arrived[1..<index].reduce(0) { $0 + $1.pointCount }
            let exported = request.own("otel.sdk.exporter.metric_data_point.exported")
            #expect(exported[component] == taken - 1)
            #expect(exported[component.merging(["error.type": "rejected"]) { $1 }] == 1 && exported.count == 2)
            #expect(request.own("otel.sdk.exporter.metric_data_point.inflight") == [component: 0])
            var operations = [
                component.merging(["error.type": failed, code.key: failed]) { $1 }: 1,
                component.merging(["error.type": "rejected", code.key: code.ok]) { $1 }: 1,
            ]
            if index > 2 { operations[component.merging([code.key: code.ok]) { $1 }] = index - 2 }
            #expect(request.own("otel.sdk.exporter.operation.duration") == operations)
            #expect(request.own("otel.sdk.metric_reader.collection.duration").values.map(\.self) == [index + 1])
        }
    }

    @Test("Over gRPC each point is counted once, as the receiver took it, and each call by its status")
    func grpc() async throws {
        let receiver = try await FaultyReceiver.start([.fail(.unavailable), .partial(rejected: 1, message: "old")])
        try await expectTruth(
            .patient, receiver.endpoint, type: "otlp_grpc_metric_exporter", failed: "UNAVAILABLE",
            code: ("rpc.response.status_code", "OK")
        ) { try await receiver.requests($0).map(\.message) }
        await receiver.stop()
    }

    @Test(
        "Over HTTP too",
        arguments: [
            (ExporterSettings.Transport.httpProtobuf, "otlp_http_metric_exporter"),
            (.httpJSON, "otlp_http_json_metric_exporter"),
        ])
    func http(transport: ExporterSettings.Transport, type: String) async throws {
        let script: [HTTPReceiver.Step] = [.answer(.serviceUnavailable), .partial(rejected: 1, message: "old")]
        try await HTTPReceiver.run(script) { receiver in
            var settings = ExporterSettings.patient
            settings.transport = transport
            try await expectTruth(
                settings, "127.0.0.1:\(receiver.port)", type: type, failed: "503",
                code: ("http.response.status_code", "200")
            ) { try await receiver.requests($0).compactMap(\.message) }
        }
    }
}

extension ExportRequest {
    private var metrics: [Opentelemetry_Proto_Metrics_V1_Metric] {
        resourceMetrics.flatMap(\.scopeMetrics).flatMap(\.metrics)
    }

    fileprivate var pointCount: Int {
        metrics.reduce(0) { $0 + $1.sum.dataPoints.count + $1.histogram.dataPoints.count }
    }

    /// The streams of a metric of the exporter's own, by attributes: the number, or how many durations; -1 where the
    /// stream did not start with the process.
    fileprivate func own(_ name: String) -> [[String: String]: Int] {
        let streams = metrics.filter { $0.name == name }.flatMap { metric in
            metric.sum.dataPoints.map { ($0.attributes, $0.startTimeUnixNano == 1_000 ? Int($0.asInt) : -1) }
                + metric.histogram.dataPoints.map {
                    ($0.attributes, $0.startTimeUnixNano == 1_000 ? Int($0.count) : -1)
                }
        }
        return Dictionary(
            streams.map { attributes, value in
                (
                    Dictionary(
                        uniqueKeysWithValues: attributes.map {
                            ($0.key, $0.value.stringValue.isEmpty ? "\($0.value.intValue)" : $0.value.stringValue)
                        }), value
                )
            }, uniquingKeysWith: +)
    }
}
