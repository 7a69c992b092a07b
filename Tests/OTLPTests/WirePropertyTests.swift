import SwiftProtobuf
import TestSupport
import Testing

@testable import OTLP

@Suite("Requests, written directly")
struct WirePropertyTests {
    private struct Random {
        var generator: SeededGenerator

        mutating func number() -> UInt64 {
            let bits = Int.random(in: 0...64, using: &generator)
            return bits == 0 ? 0 : UInt64.random(in: 0...(.max >> UInt64(64 - bits)), using: &generator)
        }

        mutating func count(_ most: Int) -> Int { Int.random(in: 0...most, using: &generator) }
        mutating func flip() -> Bool { Bool.random(using: &generator) }

        mutating func text() -> String {
            switch count(8) {
            case 0: ""
            case 1: String(repeating: "ä", count: count(300))
            case 2: String(repeating: "long ", count: count(5000))
            default: "Ethernet\(count(512))"
            }
        }

        mutating func attributes() -> [Attribute] {
            (0..<count(5)).map { _ in
                let value: AttributeValue =
                    switch count(3) {
                    case 0: .string(text())
                    case 1: .int(Int64(bitPattern: number()))
                    case 2: .bool(flip())
                    default: .double(Double(bitPattern: number()))
                    }
                return Attribute(text(), value)
            }
        }

        mutating func numbers() -> [NumberPoint] {
            (0..<count(6)).map { _ in
                NumberPoint(
                    attributes: attributes(), start: number(), time: number(),
                    value: flip() ? .int(Int64(bitPattern: number())) : .double(Double(bitPattern: number())),
                    noRecordedValue: count(5) == 0)
            }
        }

        mutating func histograms() -> [HistogramPoint] {
            // Every power of two, as those of packet sizes have; or any.
            let bounds = flip() ? [64, 128, 256, 300, 512, 1024] : (0..<count(6)).map { Double($0) * 10 }
            return (0..<count(6)).map { _ in
                let counts = (0...bounds.count).map { _ in number() >> 8 }
                return HistogramPoint(
                    attributes: attributes(), start: number(), time: number(), count: number(),
                    sum: flip() ? Double(number()) : nil, bucketCounts: counts, explicitBounds: bounds,
                    noRecordedValue: count(5) == 0)
            }
        }

        mutating func batch() -> MetricBatch {
            let metrics = (0..<count(5)).map { _ in
                let data: MetricData =
                    switch count(2) {
                    case 0: .gauge(numbers())
                    case 1: .sum(numbers(), monotonic: flip(), temporality: flip() ? .cumulative : .delta)
                    default: .histogram(histograms(), temporality: flip() ? .cumulative : .delta)
                    }
                return Metric(name: text(), description: text(), unit: text(), data: data)
            }
            return MetricBatch(
                resource: Resource(attributes: attributes()), scopeName: text(), scopeVersion: text(), metrics: metrics)
        }
    }

    @Test("are byte for byte what SwiftProtobuf makes of the same batch", arguments: 0..<20)
    func same(seed: UInt64) throws {
        var random = Random(generator: SeededGenerator(seed: seed))
        for _ in 0..<50 {
            let batch = random.batch()
            for form in ExporterSettings.HistogramForm.allCases {
                let expected: [UInt8] = try ExportRequest(batch, histograms: form).serializedBytes()
                #expect(batch.wireBytes(form) == expected)
            }
        }
    }
}
