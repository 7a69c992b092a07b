import Domain
import OTLP

/// Makes metrics of streams, and says the end of cumulative streams that are no more.
struct MetricsMapping: Sendable {
    /// Streams that the collector has heard of and not yet the end of: bounded, however long it is away.
    private var open: [StreamID: StreamPoint] = [:]
    private var latest: [StreamID: StreamPoint] = [:]
    private var latestCounted: [StreamID: StreamPoint] = [:]
    private var latestTime = UnixTime(nanoseconds: 0)
    private var origins = StreamOrigins()

    /// Points of the streams that are, and a last one, without a value, of those that were.
    ///
    /// - Parameter jobs: all that exist, exported now or not.
    mutating func metrics(_ counted: [StreamID: StreamPoint], jobs: Set<JobName>, now: UnixTime) -> [Metric] {
        latest = counted
        for index in counted.indices {
            latest.values[index] = origins.point(counted[index].value, of: counted[index].key)
        }
        (latestCounted, latestTime) = (counted, now)
        let exported = Set(counted.keys.lazy.map(\.source.job))
        origins.forget(allBut: jobs, exported: exported) { counted[$0] != nil || open[$0] != nil }

        var told = Array(repeating: [Told](), count: ExportedMetric.allCases.count)
        for (id, point) in latest {
            told[id.source.metric.rawValue].append(Told(id: id, point: point, hasEnded: false))
        }
        for (id, point) in open where latest[id] == nil && id.source.metric.kind != .gauge {
            told[id.source.metric.rawValue].append(Told(id: id, point: point, hasEnded: true))
        }
        return ExportedMetric.allCases.filter { !told[$0.rawValue].isEmpty }.map { metric in
            Metric(
                name: metric.name, description: metric.description, unit: metric.unit,
                data: Self.data(of: metric, told[metric.rawValue], now))
        }
    }

    /// The batch made last has arrived: the ends it told need not be told again.
    mutating func delivered() {
        open = latest
        origins.delivered(latestCounted, at: latestTime)
    }

    private static func data(of metric: ExportedMetric, _ told: [Told], _ now: UnixTime) -> MetricData {
        switch metric.kind {
        case .sum: .sum(told.compactMap { $0.number(at: now) }, monotonic: true, temporality: .cumulative)
        case .gauge: .gauge(told.compactMap { $0.number(at: now) })
        case .histogram:
            .histogram(told.compactMap { $0.distribution(metric.bounds, at: now) }, temporality: .cumulative)
        }
    }
}

/// A stream's newest point; without a value when the stream has ended.
private struct Told {
    let id: StreamID
    let point: StreamPoint
    let hasEnded: Bool

    /// No stream is told of before it began, as by an agent that was started after the clock was set back.
    private func nanoseconds(at time: UnixTime) -> UInt64 { max(time, point.start).nanoseconds }

    /// Nil for a histogram.
    func number(at time: UnixTime) -> NumberPoint? {
        switch point.value {
        case .sum(let count):
            NumberPoint(
                attributes: id.attributes, start: point.start.nanoseconds, time: nanoseconds(at: time),
                value: .int(Int64(clamping: count)), noRecordedValue: hasEnded)
        case .gauge(let number):
            NumberPoint(attributes: id.attributes, time: time.nanoseconds, value: number, noRecordedValue: hasEnded)
        case .histogram: nil
        }
    }

    /// Nil unless a histogram.
    func distribution(_ bounds: [Double], at time: UnixTime) -> HistogramPoint? {
        guard case .histogram(let buckets, let sum) = point.value else { return nil }
        return HistogramPoint(
            attributes: id.attributes, start: point.start.nanoseconds, time: nanoseconds(at: time),
            count: buckets.reduce(0, &+), sum: sum.map { Double($0) }, bucketCounts: buckets, explicitBounds: bounds,
            noRecordedValue: hasEnded)
    }
}
