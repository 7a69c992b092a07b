import Foundation
import Testing

@testable import OTLP

/// A collector at a Unix socket, which is the same one in every network namespace.
enum SocketCollector: String, CaseIterable {
    case grpc
    case http = "http/protobuf"

    /// Runs one while `body` looks at the sums and histograms of each request that has arrived. One that refuses leaves
    /// every third request without an answer.
    func run(
        at path: String, refusing: Bool, _ body: (_ arrived: () -> [[CollectedPoint]]) async throws -> Void
    ) async throws {
        try? FileManager.default.removeItem(atPath: path)
        switch self {
        case .grpc:
            let refusals: [FaultyReceiver.Step] = [.fail(.unavailable), .fail(.resourceExhausted), .hang]
            let receiver = try await FaultyReceiver.start(
                at: .unixDomainSocket(path: path), refusing ? Self.many(refusals) : [])
            let result: Result<Void, any Error>
            do {
                result = .success(try await body { receiver.requests.map(\.message.points) })
            } catch {
                result = .failure(error)
            }
            await receiver.stop()
            try result.get()
        case .http:
            let refusals: [HTTPReceiver.Step] = [.answer(.serviceUnavailable), .answer(.badRequest), .hang]
            try await HTTPReceiver.run(refusing ? Self.many(refusals) : [], path: path) { receiver in
                try await body { receiver.taken.map(\.points) }
            }
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func many<Step>(_ steps: [Step]) -> [Step] {
        Array(repeating: steps, count: 1000).flatMap(\.self)
    }
}

extension ExportRequest {
    fileprivate var points: [CollectedPoint] {
        resourceMetrics.flatMap(\.scopeMetrics).flatMap(\.metrics).flatMap { metric in
            metric.sum.dataPoints.map { CollectedPoint(metric, $0) }
                + metric.histogram.dataPoints.map { CollectedPoint(metric, $0) }
        }
    }
}

extension CollectedPoint {
    fileprivate init(
        _ metric: Opentelemetry_Proto_Metrics_V1_Metric, _ point: Opentelemetry_Proto_Metrics_V1_NumberDataPoint
    ) {
        self.init(name: metric.name, temporality: metric.sum.aggregationTemporality.text)
        (attributes, start, time) = (point.attributes.texts, point.startTimeUnixNano, point.timeUnixNano)
        value = Double(point.asInt)
    }

    fileprivate init(
        _ metric: Opentelemetry_Proto_Metrics_V1_Metric, _ point: Opentelemetry_Proto_Metrics_V1_HistogramDataPoint
    ) {
        self.init(name: metric.name, temporality: metric.histogram.aggregationTemporality.text)
        (attributes, start, time) = (point.attributes.texts, point.startTimeUnixNano, point.timeUnixNano)
        (count, sum, bucketCounts) = (point.count, point.sum, point.bucketCounts)
    }
}

extension [Opentelemetry_Proto_Common_V1_KeyValue] {
    fileprivate var texts: [String: String] {
        Dictionary(map { ($0.key, $0.value.stringValue) }) { $1 }
    }
}

extension Opentelemetry_Proto_Metrics_V1_AggregationTemporality {
    fileprivate var text: String { self == .delta ? "DELTA" : "CUMULATIVE" }
}
