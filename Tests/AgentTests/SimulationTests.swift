import Domain
import OTLP
import Testing

@testable import Agent

@Suite("Simulated switches")
struct SimulationTests {
    private let start = UnixTime(nanoseconds: 5_000_000_000)

    private func counts(_ batch: MetricBatch) -> [Int64] {
        batch.metrics.flatMap { metric -> [Int64] in
            guard case .sum(let points, _, _) = metric.data else { return [] }
            return points.map { if case .int(let value) = $0.value { value } else { -1 } }
        }
    }

    @Test("export eight points a port, which grow while their start stands still")
    func grow() {
        let simulated = SimulatedSwitch(name: "leaf1", ports: 3, start: start)
        let (first, second) = (
            simulated.batch(at: UnixTime(nanoseconds: 6_000_000_000)),
            simulated.batch(at: UnixTime(nanoseconds: 7_000_000_000))
        )
        #expect(first.metrics.map(\.name) == ["bpf.packets", "bpf.bytes"])
        #expect(first.metrics.reduce(0) { $0 + $1.data.pointCount } == 24)
        #expect(zip(counts(first).sorted(), counts(second).sorted()).allSatisfy { $0 > 0 && $1 == 2 * $0 })
        for batch in [first, second] {
            guard case .histogram(let points, _) = batch.metrics[1].data else { return #expect(Bool(false)) }
            #expect(points.allSatisfy { $0.start == start.nanoseconds && $0.count == $0.bucketCounts.reduce(0, +) })
        }
        #expect(first.resource.attributes.contains(Attribute("host.name", "leaf1")))
    }

    @Test("of a fleet take turns, and what fails is told once")
    func unreachable() async throws {
        var settings = ExporterSettings()
        settings.endpoint = try Endpoint(parsing: "unix:/nowhere/socket")
        settings.interval = .milliseconds(20)
        let report = try await Fleet(settings, switches: 4, ports: 1, duration: .milliseconds(100)).run()
        #expect(
            report.failed >= 4 && report.times.isEmpty && report.points == 0 && (1...4).contains(report.errors.count))
        settings.isDisabled = true
        await #expect(throws: FleetError.self) {
            try await Fleet(settings, switches: 1, ports: 1, duration: .seconds(1)).run()
        }
    }
}
