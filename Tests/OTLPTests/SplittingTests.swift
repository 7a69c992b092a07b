import SwiftProtobuf
import Testing

@testable import OTLP

struct SplittingTests {
    private func points(_ count: Int) -> [NumberPoint] {
        (0..<count).map {
            NumberPoint(attributes: [Attribute("n", .int(Int64($0)))], start: 1, time: 2, value: .int(Int64($0)))
        }
    }

    private func batch(sums: Int, gauges: Int = 0) -> MetricBatch {
        MetricBatch(
            resource: Resource(attributes: [Attribute("service.name", "s")]), scopeName: "s", scopeVersion: "1",
            metrics: [
                Metric(
                    name: "sum", unit: "1", data: .sum(points(sums), monotonic: true, temporality: .cumulative)),
                Metric(name: "gauge", unit: "1", data: .gauge(points(gauges))),
            ])
    }

    @Test("A batch that fits is one request")
    func fits() throws {
        #expect(try batch(sums: 100, gauges: 100).requests(limit: 100_000).count == 1)
    }

    @Test("A batch that does not fit becomes requests within the limit, with every point once and in order")
    func splits() throws {
        let limit = 2_000
        let requests = try batch(sums: 200, gauges: 100).requests(limit: limit)
        #expect(requests.count > 4)
        #expect(requests.allSatisfy { $0.count <= limit })
        let metrics = try requests.flatMap {
            try ExportRequest(serializedBytes: $0).resourceMetrics.flatMap { $0.scopeMetrics.flatMap(\.metrics) }
        }
        #expect(metrics.flatMap(\.sum.dataPoints).map(\.asInt) == Array(0..<200))
        #expect(metrics.flatMap(\.gauge.dataPoints).map(\.asInt) == Array(0..<100))
        #expect(metrics.allSatisfy { $0.sum.dataPoints.isEmpty || ($0.sum.isMonotonic && $0.name == "sum") })
    }

    @Test("Each request says what it is about, and has no metric without points")
    func eachIsComplete() throws {
        for request in try batch(sums: 200).requests(limit: 2_000) {
            let decoded = try ExportRequest(serializedBytes: request)
            #expect(decoded.resourceMetrics.first?.resource.attributes.first?.value.stringValue == "s")
            #expect(decoded.resourceMetrics.first?.scopeMetrics.first?.scope.name == "s")
            #expect(decoded.resourceMetrics.first?.scopeMetrics.first?.metrics.map(\.name) == ["sum"])
        }
    }

    @Test("A single point is never cut, however small the limit")
    func onePoint() throws {
        #expect(try batch(sums: 3).requests(limit: 1).count == 3)
    }

    @Test("The points of a histogram are divided too")
    func histograms() {
        let point = HistogramPoint(
            attributes: [], start: 1, time: 2, count: 0, sum: 0, bucketCounts: [0], explicitBounds: [])
        let metric = Metric(
            name: "h", unit: "By", data: .histogram([point, point, point], temporality: .cumulative))
        let batch = MetricBatch(resource: Resource(), scopeName: "", scopeVersion: "", metrics: [metric])
        let (first, rest) = batch.split(after: 1)
        #expect((first.pointCount, rest.pointCount) == (1, 2))
    }

    @Test("Times are moved behind the last ones and not before their start")
    func times() {
        var batch = MetricBatch(
            resource: Resource(), scopeName: "", scopeVersion: "",
            metrics: [
                Metric(
                    name: "sum", unit: "1",
                    data: .gauge([
                        NumberPoint(attributes: [], start: 0, time: 5, value: .int(1)),
                        NumberPoint(attributes: [], start: 30, time: 12, value: .int(1)),
                        NumberPoint(attributes: [], start: 0, time: 15, value: .int(1)),
                    ]))
            ])
        batch.keepTimesRising(after: 10)
        guard case .gauge(let points) = batch.metrics[0].data else { return #expect(Bool(false), "no gauge") }
        #expect(points.map(\.time) == [11, 30, 15])
        #expect(batch.latestTime == 30)
    }
}
