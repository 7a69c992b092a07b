import Foundation
import HTTPAPI
import Testing

@Suite("The dashboard", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct DashboardTests {
    private static let path =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/deploy/grafana/telegen.json"

    /// The queries of a panel or a variable, as Grafana would send them with everything chosen.
    private static func queries(in value: JSON) -> [String] {
        switch value {
        case .array(let values): values.flatMap(queries)
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, value in
                if name == "expr", case .string(let text) = value { return [filled(text)] }
                return queries(in: value)
            }
        default: []
        }
    }

    private static func filled(_ query: String) -> String {
        ["instance", "port", "job"].reduce(query.replacing("$__rate_interval", with: "10s")) {
            $0.replacing("$\($1)", with: ".*")
        }
    }

    @Test("finds something by each of its queries in what a busy agent tells", .needs("prometheus"))
    func queries() async throws {
        let dashboard = try JSON(Array(Data(contentsOf: URL(fileURLWithPath: Self.path))))
        // Copies want a tunnel, of which not every kernel has one.
        let queries = Self.queries(in: dashboard).filter { !$0.contains("telegen_copies") }
        try #require(queries.count > 20)
        let environment = [
            "OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "500", "OTEL_METRIC_EXPORT_TIMEOUT": "400",
        ]
        try await AgentUnderTest.run(environment) { agent in
            try await agent.write("rich", ["port": "Ethernet0", "detail@": "qos,flows,bursts", "ip_proto": "udp,tcp"])
            try await agent.write("sampled", ["port": "gen0", "direction": "both", "sample_rate": "10"])
            try await MetricsServer.run(.prometheus, beside: agent) { server in
                for job in ["rich", "sampled"] { try await agent.wait(job, is: "running") }
                _ = try await agent.underTraffic(rate: 8_000.thinned) {
                    var open = queries
                    try await eventually("each query finds something: \(open)") {
                        for query in open where try await !server.samples(query).isEmpty {
                            open.removeAll { $0 == query }
                        }
                        return open.isEmpty
                    }
                }
            }
        }
    }
}
