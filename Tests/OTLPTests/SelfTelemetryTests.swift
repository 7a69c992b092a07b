import Testing

@testable import OTLP

struct SelfTelemetryTests {
    private let here = [Attribute("server.address", "here")]
    private let ok = ExportOutcome.success(rejected: 0, message: "", status: .grpc("OK"))
    private let away = ExportOutcome.retryable(ExportFailure("away", status: .http(503)), after: nil)

    /// The points of a metric, by attributes.
    private func told(
        _ telemetry: SelfTelemetry, _ name: String
    ) -> [[Attribute]: [Int64]] {
        var points: [[Attribute]: [Int64]] = [:]
        for metric in telemetry.metrics(at: 9) where metric.name.hasSuffix(name) {
            switch metric.data {
            case .sum(let numbers, _, .cumulative):
                for point in numbers { if case .int(let value) = point.value { points[point.attributes] = [value] } }
            case .histogram(let durations, .cumulative):
                for point in durations { points[point.attributes] = [Int64(point.count), Int64(point.sum ?? -1)] }
            default: Issue.record("\(metric)")
            }
        }
        return points
    }

    @Test("Before anything has happened there is nothing to say")
    func silent() {
        #expect(SelfTelemetry(start: 1).metrics(at: 2).isEmpty)
    }

    @Test("Every metric has the conventions' name, unit and kind; streams start with the process")
    func shape() throws {
        var telemetry = SelfTelemetry(start: 7)
        telemetry.collected(in: .milliseconds(250))
        telemetry.passed(3, to: here)
        telemetry.attempted(ok, by: here, in: .seconds(2))
        let metrics = telemetry.metrics(at: 9)
        #expect(
            metrics.map(\.name) == [
                "otel.sdk.exporter.metric_data_point.exported", "otel.sdk.exporter.metric_data_point.inflight",
                "otel.sdk.exporter.operation.duration", "otel.sdk.metric_reader.collection.duration",
            ])
        #expect(metrics.map(\.unit) == ["{data_point}", "{data_point}", "s", "s"])
        func number(_ value: Int64) -> NumberPoint {
            NumberPoint(attributes: here, start: 7, time: 9, value: .int(value))
        }
        func duration(_ attributes: [Attribute], _ seconds: Double) -> MetricData {
            .histogram(
                [
                    HistogramPoint(
                        attributes: attributes, start: 7, time: 9, count: 1, sum: seconds, bucketCounts: [1],
                        explicitBounds: [])
                ], temporality: .cumulative)
        }
        let reader = [
            Attribute("otel.component.type", "periodic_metric_reader"),
            Attribute("otel.component.name", "periodic_metric_reader/0"),
        ]
        #expect(
            metrics.map(\.data) == [
                .sum([number(3)], monotonic: true, temporality: .cumulative),
                .sum([number(0)], monotonic: false, temporality: .cumulative),
                duration(here + [Attribute("rpc.response.status_code", "OK")], 2), duration(reader, 0.25),
            ])
    }

    @Test("A batch that is tried again counts its points once, in flight until then; each attempt has its duration")
    func retried() {
        var telemetry = SelfTelemetry(start: 0)
        for points in [5, 6] {
            telemetry.passed(points, to: here)
            #expect(told(telemetry, "inflight") == [here: [Int64(points)]])
            telemetry.attempted(away, by: here, in: .seconds(3))
            #expect(told(telemetry, "inflight") == [here: [Int64(points)]])
        }
        #expect(told(telemetry, "exported").isEmpty)
        telemetry.passed(7, to: here)
        telemetry.attempted(ok, by: here, in: .seconds(1))
        #expect(told(telemetry, "exported") == [here: [7]])
        #expect(told(telemetry, "inflight") == [here: [0]])
        let failed = [Attribute("error.type", "503"), Attribute("http.response.status_code", .int(503))]
        #expect(
            told(telemetry, "operation.duration") == [
                here + failed: [2, 6], here + [Attribute("rpc.response.status_code", "OK")]: [1, 1],
            ])
    }

    @Test("What is given up counts with the last error, once; what is refused for good at once")
    func failed() {
        var telemetry = SelfTelemetry(start: 0)
        telemetry.passed(5, to: here)
        telemetry.attempted(away, by: here, in: .seconds(1))
        telemetry.passed(6, to: here)
        telemetry.attempted(.retryable(ExportFailure("x", type: "timeout"), after: nil), by: here, in: .seconds(1))
        telemetry.gaveUp()
        telemetry.gaveUp()
        #expect(told(telemetry, "exported") == [here + [Attribute("error.type", "timeout")]: [6]])
        telemetry.passed(2, to: here)
        telemetry.attempted(
            .permanent(ExportFailure("x", status: .grpc("INVALID_ARGUMENT"))), by: here, in: .seconds(1))
        telemetry.gaveUp()
        #expect(
            told(telemetry, "exported") == [
                here + [Attribute("error.type", "timeout")]: [6],
                here + [Attribute("error.type", "INVALID_ARGUMENT")]: [2],
            ])
        #expect(told(telemetry, "inflight") == [here: [0]])
    }

    @Test(
        "Of a partial success the refused points have failed, and no more than there were",
        arguments: [(2, 3, 2), (99, 0, 5), (-1, 5, 0)] as [(Int64, Int64, Int64)])
    func partial(rejected: Int64, arrived: Int64, refused: Int64) {
        var telemetry = SelfTelemetry(start: 0)
        telemetry.passed(5, to: here)
        telemetry.attempted(
            .success(rejected: rejected, message: "", status: .http(200)), by: here, in: .seconds(1))
        let error = [Attribute("error.type", "rejected")]
        let counted = told(telemetry, "exported")
        #expect(counted[here] == (arrived > 0 ? [arrived] : nil))
        #expect(counted[here + error] == (refused > 0 ? [refused] : nil))
        let ended = (rejected > 0 ? error : []) + [Attribute("http.response.status_code", .int(200))]
        #expect(told(telemetry, "operation.duration") == [here + ended: [1, 1]])
    }

    @Test("However many collectors there have been, there are few streams, and nothing is left out")
    func bounded() {
        for (limit, streams) in [(nil, 65), (3, 4), (1000, 65)] as [(Int?, Int)] {
            var telemetry = SelfTelemetry(start: 0, limit: limit)
            for place in 0..<200 {
                telemetry.passed(1, to: [Attribute("server.address", "\(place)")])
                telemetry.attempted(ok, by: [Attribute("server.address", "\(place)")], in: .seconds(1))
            }
            let counted = told(telemetry, "exported")
            #expect(counted.count == streams && counted[.overflow] == [Int64(200 - streams + 1)])
            #expect(told(telemetry, "inflight").values.allSatisfy { $0 == [0] })
            #expect(told(telemetry, "operation.duration").values.reduce(0) { $0 + $1[0] } == 200)
        }
    }
}

struct ComponentTests {
    private func component(_ endpoint: String, _ transport: ExporterSettings.Transport) throws -> [AttributeValue] {
        var settings = ExporterSettings()
        (settings.endpoint, settings.transport) = (try Endpoint(parsing: endpoint), transport)
        return settings.component.map(\.value)
    }

    @Test(
        "An exporter is known by its type, the collector's address and its port, which has a default",
        arguments: [
            (ExporterSettings.Transport.grpc, "otlp_grpc_metric_exporter", 4317, 4317),
            (.httpProtobuf, "otlp_http_metric_exporter", 4318, 80),
            (.httpJSON, "otlp_http_json_metric_exporter", 4318, 80),
        ])
    func types(transport: ExporterSettings.Transport, type: String, port: Int64, urlPort: Int64) throws {
        let name: [AttributeValue] = [.string(type), .string("\(type)/0")]
        #expect(try component("h", transport) == name + [.string("h"), .int(port)])
        #expect(try component("http://h", transport) == name + [.string("h"), .int(urlPort)])
        #expect(try component("[::1]:9", transport) == name + [.string("::1"), .int(9)])
        #expect(try component("unix:/s", transport) == name + [.string("/s")])
        #expect(ExporterSettings().component.map(\.key).suffix(2) == ["server.address", "server.port"])
    }

    @Test("HTTPS has a port of its own")
    func https() throws {
        #expect(try component("https://h", .httpJSON).last == .int(443))
    }
}
