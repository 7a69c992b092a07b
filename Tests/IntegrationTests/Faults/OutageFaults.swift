import Foundation
import Testing
import Traffic

/// For how many seconds no collector takes anything: TELEGEN_OUTAGE_SECONDS.
private let outageSeconds = ProcessInfo.processInfo.environment["TELEGEN_OUTAGE_SECONDS"].flatMap { Int($0) } ?? 20

@Suite("Faults: no collector takes anything", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct OutageFaults {
    struct Way: CustomTestStringConvertible, Sendable {
        let collector: SocketCollector
        let temporality: String
        var testDescription: String { "\(collector.rawValue), \(temporality)" }

        func environment(for socket: String) -> [String: String] {
            [
                "OTEL_SDK_DISABLED": "", "OTEL_EXPORTER_OTLP_PROTOCOL": collector.rawValue,
                "OTEL_EXPORTER_OTLP_ENDPOINT": "unix:\(socket)", "OTEL_METRIC_EXPORT_INTERVAL": "1000",
                "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
                "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": temporality,
            ]
        }
    }

    private static let ways = [
        Way(collector: .grpc, temporality: "cumulative"), Way(collector: .http, temporality: "delta"),
    ]
    /// As many as programs may stand on a device and direction.
    private static let jobs = (0..<64).map { "job\($0)" }
    /// How long the collector refuses, and then is away, before it is there again and refuses.
    private static let phase = min(Duration.seconds(outageSeconds) / 10, .seconds(5))
    /// In kilobytes: by what memory comes and goes anyway.
    private static let tolerance = 4096

    @Test(
        "sixty-four jobs count through an outage in memory that does not grow, and afterwards nothing is missing",
        arguments: ways)
    func outage(way: Way) async throws {
        try await withTemporaryFolder { folder in
            try await AgentUnderTest.run(way.environment(for: "\(folder)/otlp")) { agent in
                for job in Self.jobs { try await agent.write(job, ["port": "Ethernet0"]) }
                for job in Self.jobs { try await agent.wait(job, is: "running") }
                try await way.collector.run(at: "\(folder)/otlp", refusing: false) { arrived in
                    try await eventually("all jobs are exported") {
                        (arrived().last?.count ?? 0) >= 8 * Self.jobs.count && arrived().count > 3
                    }
                }
                let level = agent.footprint.anonymousKilobytes
                var levels: [Int] = []
                let sent = try await agent.underTraffic(rate: 2_000.thinned) {
                    levels = try await Self.passOutage(of: agent, way.collector, at: "\(folder)/otlp")
                }
                try await way.collector.run(at: "\(folder)/otlp", refusing: false) { arrived in
                    try await eventually("every packet has arrived") { Self.all(sent, in: arrived()) }
                }
                let (early, late) = (levels[levels.count / 10], levels.suffix(levels.count / 10).max() ?? .max)
                #expect(late - early < Self.tolerance, "\(levels)")
                #expect(agent.footprint.anonymousKilobytes - level < Self.tolerance, "of \(level)")
            }
        }
    }

    /// While jobs come and go; answers the agent's anonymous memory after each phase, in kilobytes.
    private static func passOutage(
        of agent: AgentUnderTest, _ collector: SocketCollector, at path: String
    ) async throws -> [Int] {
        var levels: [Int] = []
        for number in 0..<Int(Duration.seconds(outageSeconds) / phase) {
            try await agent.write("passing\(number)", ["port": "gen0"])
            if number % 2 == 0 {
                try await collector.run(at: path, refusing: true) { _ in try await Task.sleep(for: phase) }
            } else {
                try await Task.sleep(for: phase)
            }
            try await agent.delete("passing\(number)")
            levels.append(agent.footprint.anonymousKilobytes)
        }
        let row = try await agent.fields("TELEGEN_AGENT_TABLE", "global")
        #expect(row["otlp_status"] == "failing" && row["otlp_failed_exports"] != "0")
        return levels
    }

    private static func all(_ sent: Tally, in requests: [[CollectedPoint]]) -> Bool {
        let byJob = Dictionary(grouping: requests.joined()) { $0.attributes["telegen.job"] }
        return jobs.allSatisfy { job in
            sent.agree(with: (byJob[job] ?? []).accumulated, job: job, direction: "receive")
        }
    }
}

extension [CollectedPoint] {
    /// Deltas added up, each once, however often it was sent.
    fileprivate var accumulated: [CollectedPoint] {
        guard contains(where: { $0.temporality == "DELTA" }) else { return self }
        return Dictionary(grouping: self) { [$0.name: ""].merging($0.attributes) { $1 } }.values.compactMap { stream in
            var seen: Set<UInt64> = []
            return stream.filter { seen.insert($0.time).inserted }.reduce(nil as CollectedPoint?) {
                $0?.adding($1) ?? $1
            }
        }
    }
}

extension CollectedPoint {
    fileprivate func adding(_ next: CollectedPoint) -> CollectedPoint {
        var total = next
        total.value = value.map { $0 + (next.value ?? 0) }
        total.count = count.map { $0 + (next.count ?? 0) }
        total.sum = sum.map { $0 + (next.sum ?? 0) }
        total.bucketCounts = zip(bucketCounts, next.bucketCounts).map(+)
        return total
    }
}
