import OTLP
import Testing

struct PrometheusTextTests {
    private func text(_ metrics: Metric..., resource: [Attribute] = []) -> String {
        let batch = MetricBatch(
            resource: Resource(attributes: resource), scopeName: "telegen-sonic", scopeVersion: "1", metrics: metrics)
        return PrometheusText(batch).reduce("") { $0 + String(decoding: $1, as: UTF8.self) }
    }

    /// The lines behind those of the resource.
    private func lines(_ metrics: Metric...) -> [Substring] {
        let batch = MetricBatch(resource: Resource(), scopeName: "s", scopeVersion: "1", metrics: metrics)
        return PrometheusText(batch).dropFirst().flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
    }

    private let scope = #"otel_scope_name="s",otel_scope_version="1""#

    @Test("A counter is named with _total, its attributes with underscores")
    func counter() {
        let points = [
            NumberPoint(
                attributes: [Attribute("proto", "ipv4"), Attribute("network.interface.name", "Ethernet0")], start: 1,
                time: 2, value: .int(7)),
            NumberPoint(attributes: [], start: 1, time: 2, value: .int(8), noRecordedValue: true),
        ]
        let metric = Metric(
            name: "bpf.packets", description: "Packets.", unit: "{packet}",
            data: .sum(points, monotonic: true, temporality: .cumulative))
        let expected = [
            "# HELP bpf_packets_total Packets.", "# TYPE bpf_packets_total counter",
            #"bpf_packets_total{\#(scope),proto="ipv4",network_interface_name="Ethernet0"} 7"#,
        ]
        #expect(lines(metric).map(String.init) == expected)
    }

    @Test("A histogram's buckets add up, and its unit is not repeated")
    func histogram() {
        let point = HistogramPoint(
            attributes: [Attribute("proto", "ipv6")], start: 1, time: 2, count: 6, sum: 700.5, bucketCounts: [1, 2, 3],
            explicitBounds: [64, 1518])
        let labels = scope + #",proto="ipv6""#
        let expected = [
            "# HELP bpf_bytes ", "# TYPE bpf_bytes histogram", #"bpf_bytes_bucket{\#(labels),le="64"} 1"#,
            #"bpf_bytes_bucket{\#(labels),le="1518"} 3"#, #"bpf_bytes_bucket{\#(labels),le="+Inf"} 6"#,
            "bpf_bytes_sum{\(labels)} 700.5", "bpf_bytes_count{\(labels)} 6",
        ]
        let metric = Metric(name: "bpf.bytes", unit: "By", data: .histogram([point], temporality: .cumulative))
        #expect(lines(metric).map(String.init) == expected)
    }

    @Test("A sum that is not known is left out")
    func withoutSum() {
        let point = HistogramPoint(
            attributes: [], start: 1, time: 2, count: 1, sum: nil, bucketCounts: [1], explicitBounds: [])
        let written = lines(Metric(name: "h", unit: "%", data: .histogram([point], temporality: .cumulative)))
        #expect(written.last == "h_percent_count{\(scope)} 1" && !written.contains { $0.contains("_sum") })
    }

    @Test(
        "Units are words behind the name, before _total",
        arguments: [
            ("telegen.flow.bytes", "By", true, "telegen_flow_bytes_total"),
            ("telegen.job.cost", "s", false, "telegen_job_cost_seconds"),
            ("telegen.burst.peak", "By", false, "telegen_burst_peak_bytes"),
            ("otel.sdk.exporter.operation.duration", "s", false, "otel_sdk_exporter_operation_duration_seconds"),
            ("requests.total", "1", true, "requests_total"), ("9lives..x", "", false, "_9lives_x"),
        ])
    func names(name: String, unit: String, adds: Bool, expected: String) {
        let point = NumberPoint(attributes: [], start: 1, time: 2, value: .double(0.5))
        let data = adds ? MetricData.sum([point], monotonic: true, temporality: .cumulative) : .gauge([point])
        #expect(lines(Metric(name: name, unit: unit, data: data)).last == "\(expected){\(scope)} 0.5")
    }

    @Test("The resource is target_info; quotes, backslashes and line breaks are escaped")
    func escapes() {
        let resource = [Attribute("host.name", "a\"b\\c\nd"), Attribute("n", .int(3)), Attribute("1st", .bool(true))]
        #expect(
            text(Metric(name: "m", description: "a\\b\n\"c\"", unit: "", data: .gauge([])), resource: resource) == #"""
                # HELP target_info Target metadata
                # TYPE target_info gauge
                target_info{host_name="a\"b\\c\nd",n="3",key_1st="true"} 1
                # HELP m a\\b\n"c"
                # TYPE m gauge

                """#)
    }

    @Test("However many points, the pieces are small and each sample is there once, in order")
    func pieces() {
        let points = (0..<1000).map {
            NumberPoint(attributes: [Attribute("n", "\($0)")], start: 1, time: 2, value: .int(Int64($0)))
        }
        let metric = Metric(name: "m", unit: "", data: .sum(points, monotonic: true, temporality: .cumulative))
        let batch = MetricBatch(resource: Resource(), scopeName: "s", scopeVersion: "1", metrics: [metric, metric])
        let pieces = Array(PrometheusText(batch))
        #expect(pieces.allSatisfy { $0.count < 16_384 })
        let values = lines(metric).filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").last }
        #expect(values == (0..<1000).map { Substring("\($0)") })
        #expect(lines(metric, metric).count == 2 * lines(metric).count)
    }

    @Test("Numbers are as Go reads them")
    func numbers() {
        let values: [Double] = [.nan, .infinity, -.infinity, -3, 1e300, 0.1]
        let points = values.map { NumberPoint(attributes: [], time: 2, value: .double($0)) }
        let written = lines(Metric(name: "m", unit: "", data: .gauge(points))).dropFirst(2)
        #expect(written.compactMap { $0.split(separator: " ").last } == ["NaN", "+Inf", "-Inf", "-3", "1e+300", "0.1"])
    }
}
