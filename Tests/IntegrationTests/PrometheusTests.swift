import Foundation
import Testing

@Suite("Prometheus", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct PrometheusTests {
    @Test(
        "a server that scrapes the agent has what was sent: packets, bytes, and every bucket of every class",
        .needs("prometheus"))
    func scraped() async throws {
        try await AgentUnderTest.run { agent in
            try await MetricsServer.run(.prometheus, beside: agent) { try await $0.follow(agent) }
        }
    }

    @Test("promtool finds nothing to complain of in metrics of every kind", .needs("promtool"))
    func checked() async throws {
        try await AgentUnderTest.run(["TELEGEN_MEASURE_COST": "true"]) { agent in
            try await agent.write("rich", ["port": "Ethernet0", "detail@": "qos,flows,bursts", "ip_proto": "udp,tcp"])
            try await agent.write("sampled", ["port": "gen0", "direction": "both", "sample_rate": "10"])
            for job in ["rich", "sampled"] { try await agent.wait(job, is: "running") }
            let families = [
                "bpf_packets_total", "bpf_bytes", "telegen_filtered_total", "telegen_qos_dscp_packets_total",
                "telegen_flow_bytes_total", "telegen_burst_utilization_percent", "telegen_burst_peak_bytes",
                "telegen_job_sample_rate", "telegen_job_cost_seconds", "target_info",
            ]
            var text = ""
            _ = try await agent.underTraffic(rate: 8_000.thinned) {
                try await eventually("every kind is there") {
                    text = try await agent.namespace.run(["curl", "-sS", "http://127.0.0.1:8080/metrics"])
                    return families.allSatisfy { text.contains("# TYPE \($0) ") }
                }
            }
            let path = agent.folder + "/metrics"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let promtool = try #require(MetricsServer.program("promtool"), "promtool is missing: make receivers")
            let found = try await output(of: ["sh", "-c", "'\(promtool)' check metrics <'\(path)' 2>&1; echo $?"])
            #expect(found == "0\n")
        }
    }
}
