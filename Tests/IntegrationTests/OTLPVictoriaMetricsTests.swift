import Testing

@Suite("VictoriaMetrics", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct OTLPVictoriaMetricsTests {
    @Test(
        "what it has of every job is what was sent, packed or not: packets, bytes, and every bucket of every class",
        .needs("victoria-metrics"), arguments: ["none", "gzip"])
    func exact(compression: String) async throws {
        let environment = [
            "OTEL_SDK_DISABLED": "", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:8428/opentelemetry/v1/metrics",
            "OTEL_EXPORTER_OTLP_COMPRESSION": compression, "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        ]
        try await AgentUnderTest.run(environment) { agent in
            try await MetricsServer.run(.victoriaMetrics, beside: agent) { try await $0.follow(agent) }
        }
    }
}
