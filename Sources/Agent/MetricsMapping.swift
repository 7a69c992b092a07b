import Domain
import OTLP

/// Makes metrics of streams, and says the end of cumulative streams that are no more.
struct MetricsMapping: Sendable {
    /// Streams that the collector has heard of and not yet the end of: bounded, however long it is away.
    private var open: [StreamID: StreamPoint] = [:]
    private var latest: [StreamID: StreamPoint] = [:]
    private var latestCounted: [StreamID: StreamPoint] = [:]
    private var latestTime: UnixTime
    private var origins: StreamOrigins
    private var limit: CardinalityLimit

    /// - Parameters:
    ///   - limit: how many streams a metric may have; nil: any number.
    ///   - start: of streams that began before, an earlier agent may have told.
    init(limit: Int? = nil, start: UnixTime = UnixTime(nanoseconds: 0)) {
        self.limit = CardinalityLimit(limit)
        (latestTime, origins) = (start, StreamOrigins(horizon: start))
    }

    /// Streams of which something is known.
    var remembered: Int { limit.remembered + origins.count }

    /// Metrics that have had more streams than they may.
    var overflowing: Set<ExportedMetric> { limit.overflowing }

    /// Points of the streams that are, and a last one, without a value, of those that were.
    ///
    /// - Parameter jobs: all that exist, exported now or not.
    mutating func metrics(_ streams: [StreamID: StreamPoint], jobs: Set<JobName>, now: UnixTime) -> [Metric] {
        let counted = limit.keep(streams, after: latestCounted, at: latestTime, jobs: jobs, origins)
        latest = counted
        for index in counted.indices {
            latest.values[index] = origins.point(counted[index].value, of: counted[index].key)
        }
        (latestCounted, latestTime) = (counted, now)
        let exported = Set(streams.keys.lazy.map(\.source.job))
        origins.forget(allBut: jobs, exported: exported) { counted[$0] != nil || open[$0] != nil }

        var told = Array(repeating: [Told](), count: ExportedMetric.allCases.count)
        for (id, point) in latest {
            told[id.source.metric.rawValue].append(Told(id: id, point: point))
        }
        for (id, point) in open where latest[id] == nil && id.source.metric.kind != .gauge {
            told[id.source.metric.rawValue].append(Told(id: id, point: point, hasEnded: true))
        }
        // What overflowed once is no reason to go on speaking.
        guard !streams.isEmpty || told.contains(where: { !$0.isEmpty }) else { return [] }
        for (metric, point) in limit.overflows { told[metric.rawValue].append(Told(point: point)) }
        return ExportedMetric.allCases.filter { !told[$0.rawValue].isEmpty }.map { metric in
            Metric(
                name: metric.name, description: metric.description, unit: metric.unit,
                data: Self.data(of: metric, told[metric.rawValue], now))
        }
    }

    /// What `metrics` would say, when no collector is to hear it.
    mutating func view(_ streams: [StreamID: StreamPoint], jobs: Set<JobName>, now: UnixTime) -> [Metric] {
        var view = self
        let metrics = view.metrics(streams, jobs: jobs, now: now)
        // Whoever looks sees an overflow that does not fall either.
        limit = view.limit
        return metrics
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
    /// Nil: the overflow.
    var id: StreamID?
    let point: StreamPoint
    var hasEnded = false

    private var attributes: [Attribute] { id?.attributes ?? .overflow }

    /// No stream is told of before it began, as by an agent that was started after the clock was set back.
    private func nanoseconds(at time: UnixTime) -> UInt64 { max(time, point.start).nanoseconds }

    /// Nil for a histogram.
    func number(at time: UnixTime) -> NumberPoint? {
        switch point.value {
        case .sum(let count):
            NumberPoint(
                attributes: attributes, start: point.start.nanoseconds, time: nanoseconds(at: time),
                value: .int(Int64(clamping: count)), noRecordedValue: hasEnded)
        case .gauge(let number):
            NumberPoint(attributes: attributes, time: time.nanoseconds, value: number, noRecordedValue: hasEnded)
        case .histogram: nil
        }
    }

    /// Nil unless a histogram.
    func distribution(_ bounds: [Double], at time: UnixTime) -> HistogramPoint? {
        guard case .histogram(let buckets, let sum) = point.value else { return nil }
        return HistogramPoint(
            attributes: attributes, start: point.start.nanoseconds, time: nanoseconds(at: time),
            count: buckets.reduce(0, &+), sum: sum.map { Double($0) }, bucketCounts: buckets, explicitBounds: bounds,
            noRecordedValue: hasEnded)
    }
}
