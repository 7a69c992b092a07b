import Domain
import TestSupport
import Testing

@testable import Agent
@testable import OTLP

/// A flow's life: told apart from the flow's others by its beginning.
private struct Life: Hashable {
    let flow: UInt16
    let start: UInt64
}

/// Flows as the agent has them.
private struct World {
    private static let address = IPAddress("192.0.2.1")!

    var random: SeededGenerator
    var time: UInt64 = 1_000
    /// The life that each flow has now, its count, and whether it is in the report.
    var flows: [UInt16: (start: UInt64, count: UInt64, isReported: Bool)] = [:]
    /// The last count with which each life was reported.
    var reported: [Life: UInt64] = [:]

    mutating func step(flows count: UInt16) {
        time += 10
        for flow in 0..<count {
            var state = flows[flow] ?? (time, 0, false)
            if Int.random(in: 0..<20, using: &random) == 0 { state = (time, 0, false) }
            if Int.random(in: 0..<4, using: &random) == 0 { state.isReported.toggle() }
            state.count += UInt64.random(in: 0...5, using: &random)
            flows[flow] = state
            if state.isReported { reported[Life(flow: flow, start: state.start)] = state.count }
        }
    }

    /// A sum and a distribution of each flow that is reported.
    var streams: [StreamID: StreamPoint] {
        var streams: [StreamID: StreamPoint] = [:]
        for (flow, state) in flows where state.isReported {
            let key = FlowKey(
                source: Self.address, destination: Self.address, proto: 6, sourcePort: flow, destinationPort: 443)
            for (metric, value) in [
                (ExportedMetric.flowPackets, StreamValue.sum(state.count)),
                (.burstUtilization, .histogram([0, state.count], sum: nil)),
            ] {
                let source = StreamID.Source(
                    metric: metric, job: OverflowPropertyTests.job, direction: .ingress, label: .flow(key))
                streams[StreamID(source: source, interface: "Ethernet0", ifindex: nil)] = StreamPoint(
                    start: UnixTime(nanoseconds: state.start), value: value)
            }
        }
        return streams
    }
}

/// What a collector has: the newest value of each life, and of the overflow.
private struct Books {
    var own: [Life: UInt64] = [:]
    var overflow: UInt64 = 0
    var start: UInt64?
    /// Of deltas.
    var sum: UInt64 = 0

    var total: UInt64 { own.values.reduce(overflow, +) }
}

/// Flows that come and go at random, and what a collector makes of what it is told.
@Suite("Whatever comes and goes")
struct OverflowPropertyTests {
    fileprivate static let job = JobName("a")!

    private func expectTruth(seed: UInt64, limit: Int, flows: UInt16) {
        var world = World(random: SeededGenerator(seed: seed))
        var mapping = MetricsMapping(limit: limit, start: UnixTime(nanoseconds: 1_000))
        var deltas = DeltaStreams(.delta, start: 1_000)
        var books: [String: Books] = [:]
        var overflowed: Set<Life> = []
        for _ in 0..<80 {
            world.step(flows: flows)
            let (streams, now) = (world.streams, UnixTime(nanoseconds: world.time))
            if Bool.random(using: &world.random) { _ = mapping.view(streams, jobs: [Self.job], now: now) }
            let metrics = mapping.metrics(streams, jobs: [Self.job], now: now)
            let told = Set(metrics.flatMap { $0.data.told }.compactMap(\.life))
            for metric in metrics {
                #expect(metric.data.told.count { $0.life != nil } <= limit)
                books[metric.name, default: Books()].take(metric.data)
            }
            // Who was not told by itself never is.
            let lives = world.flows.filter(\.value.isReported).map { Life(flow: $0, start: $1.start) }
            #expect(overflowed.isDisjoint(with: told))
            overflowed.formUnion(Set(lives).subtracting(told))
            deltas.take(MetricBatch(resource: Resource(), scopeName: "", scopeVersion: "", metrics: metrics))
            for metric in deltas.unsent.flatMap(\.batch.metrics) {
                books[metric.name, default: Books()].sum += metric.data.told.reduce(0) { $0 + $1.value }
            }
            while !deltas.unsent.isEmpty { deltas.delivered() }
            mapping.delivered()
            let counted = world.reported.values.reduce(0, +)
            for book in books.values { #expect(book.total == counted && book.sum == counted) }
        }
        #expect(books.count == 2 && (overflowed.isEmpty == (limit >= Int(flows))))
    }

    @Test("each count is told once, in cumulative points and in deltas, and no overflow falls", arguments: 1...5)
    func exact(seed: Int) {
        for (limit, flows) in [(1, 6), (5, 20), (8, 12), (12, 12)] as [(Int, UInt16)] {
            expectTruth(seed: UInt64(seed), limit: limit, flows: flows)
        }
    }

    @Test("however many flows come and go, few are remembered, and none is told twice", arguments: [10, nil])
    func bounded(limit: Int?) {
        var mapping = MetricsMapping(limit: limit)
        var (books, counted) = (Books(), [UInt16: UInt64]())
        for round in UInt64(1)...30 {
            var world = World(random: SeededGenerator(seed: 1))
            // Half of them were there the last time; two return after long.
            let flows = (UInt16(round) * 200..<UInt16(round) * 200 + 400) + (round == 30 ? [300, 301] : [])
            for flow in flows { world.flows[flow] = (1_000 + UInt64(flow), round, true) }
            counted.merge(flows.map { ($0, round) }) { $1 }
            let streams = world.streams.filter { $0.key.source.metric == .flowPackets }
            let metrics = mapping.metrics(streams, jobs: [Self.job], now: UnixTime(nanoseconds: 20_000 + round))
            mapping.delivered()
            books.take(metrics[0].data)
            #expect(mapping.remembered <= 2 * (402 + 4_096))
        }
        // Nobody remembers how much of the two was told in the overflow.
        let unknown: UInt64 = limit == nil ? 0 : 2 * 29
        #expect(books.total == counted.values.reduce(0, +) - unknown)
    }
}

extension Books {
    fileprivate mutating func take(_ data: MetricData) {
        for point in data.told {
            if let life = point.life {
                own[life] = point.value
                continue
            }
            #expect(point.value >= overflow && (start == nil || start == point.start))
            (overflow, start) = (point.value, point.start)
        }
    }
}

/// A point of a stream that has not ended.
private struct ToldPoint {
    /// Nil: the overflow.
    let life: Life?
    let start: UInt64
    let value: UInt64

    init(_ attributes: [Attribute], _ start: UInt64, _ value: UInt64) {
        if case .int(let port)? = attributes.first(where: { $0.key == "source.port" })?.value {
            life = Life(flow: UInt16(port), start: start)
        } else {
            life = nil
            #expect(attributes == .overflow)
        }
        (self.start, self.value) = (start, value)
    }
}

extension MetricData {
    fileprivate var told: [ToldPoint] {
        switch self {
        case .sum(let points, _, _):
            points.filter { !$0.noRecordedValue }.map { point in
                guard case .int(let value) = point.value else { preconditionFailure("no whole number") }
                return ToldPoint(point.attributes, point.start, UInt64(value))
            }
        case .histogram(let points, _):
            points.filter { !$0.noRecordedValue }.map { ToldPoint($0.attributes, $0.start, $0.count) }
        case .gauge: []
        }
    }
}
