/// Makes points that say what came since their stream's last delivery of points that say what came since its start.
///
/// A batch that was handed out is unsent until somebody says what became of it, and handed out again as it was: a
/// receiver that took it, and whose answer was lost, knows it by its times. What counts meanwhile is in the next one,
/// so an outage costs one batch of memory.
struct DeltaStreams {
    /// What is to be delivered next; parts of a batch, so that each arrives whole or not at all.
    private(set) var unsent: [Part] = []
    private let preference: ExporterSettings.TemporalityPreference
    private var told: [Stream: Told] = [:]
    /// Streams that began before and are not known may have been told by an earlier process.
    private let start: UInt64
    /// The same of a metric whose streams have been forgotten.
    private var horizons: [String: UInt64] = [:]

    /// Streams of which something is known.
    var remembered: Int { told.count }

    struct Part {
        let batch: MetricBatch
        /// What has been told when it has arrived, by point; nil for those that stay as they were.
        fileprivate let told: [(Stream, Told)?]
    }

    fileprivate struct Stream: Hashable {
        let metric: String
        let attributes: [Attribute]
    }

    /// The last point that arrived.
    fileprivate struct Told {
        let start: UInt64
        let time: UInt64
        let value: Value
    }

    fileprivate enum Value {
        case number(NumberValue)
        case distribution(count: UInt64, sum: Double?, buckets: [UInt64])
    }

    /// Fits a request, unless its attributes are unusually long.
    private static let largestPart = 4096

    /// - Parameter start: streams that began before, in nanoseconds since 1970, may have been told by an earlier process.
    init(_ preference: ExporterSettings.TemporalityPreference, start: UInt64) {
        self.preference = preference
        self.start = start
    }

    /// Takes a batch of cumulative points; `unsent` then has what is to be told.
    mutating func take(_ batch: MetricBatch) {
        var deltas = batch
        deltas.metrics = []
        var arriving: [(Stream, Told)?] = []
        for metric in batch.metrics {
            let (data, streams) = delta(of: metric)
            guard data.pointCount > 0 else { continue }
            deltas.metrics.append(
                Metric(name: metric.name, description: metric.description, unit: metric.unit, data: data))
            arriving += streams
        }
        forgetAbsent(current: batch.pointCount, at: batch.latestTime)
        while deltas.pointCount > 0 {
            let (part, rest) = deltas.split(after: Self.largestPart)
            unsent.append(Part(batch: part, told: Array(arriving.prefix(part.pointCount))))
            (deltas, arriving) = (rest, Array(arriving.dropFirst(part.pointCount)))
        }
    }

    /// The first part has arrived.
    mutating func delivered() {
        for case (let stream, let point)? in unsent.removeFirst().told { told[stream] = point }
    }

    /// What is unsent is not wanted as it is: it is told with what comes next.
    mutating func refused() { unsent.removeAll() }

    private mutating func delta(of metric: Metric) -> (MetricData, [(Stream, Told)?]) {
        switch metric.data {
        case .sum(let points, let monotonic, .cumulative) where monotonic && preference == .delta:
            let told = points.map { delta(of: $0, metric.name) { .number($0.value) } }
            return (
                .sum(told.compactMap { $0?.point }, monotonic: true, temporality: .delta),
                told.compactMap { $0.map { ($0.stream, $0.told) } }
            )
        case .histogram(let points, .cumulative):
            let told = points.map {
                delta(of: $0, metric.name) { .distribution(count: $0.count, sum: $0.sum, buckets: $0.bucketCounts) }
            }
            return (
                .histogram(told.compactMap { $0?.point }, temporality: .delta),
                told.compactMap { $0.map { ($0.stream, $0.told) } }
            )
        default: return (metric.data, Array(repeating: nil, count: metric.data.pointCount))
        }
    }

    /// Nil when there is nothing to tell: the stream has ended, or is only heard of.
    private mutating func delta<Point: StreamDataPoint>(
        of point: Point, _ metric: String, _ value: (Point) -> Value
    ) -> (point: Point, stream: Stream, told: Told)? {
        guard !point.noRecordedValue else { return nil }
        let stream = Stream(metric: metric, attributes: point.attributes)
        let now = Told(start: point.start, time: point.time, value: value(point))
        guard let before = told[stream] else {
            guard point.start < horizons[metric] ?? start else { return (point, stream, now) }
            told[stream] = now
            return nil
        }
        var delta = point
        delta.start = max(point.start, before.time)
        if before.start == point.start { delta.subtract(before.value) }
        return (delta, stream, now)
    }

    /// Streams that are no more are remembered, since flows come and go; but not for ever.
    private mutating func forgetAbsent(current: Int, at time: UInt64) {
        guard told.count > 2 * current + Self.largestPart else { return }
        let oldest = told.values.map(\.time).sorted(by: >)[current]
        for (stream, point) in told where point.time <= oldest {
            told[stream] = nil
            horizons[stream.metric] = max(start, time)
        }
    }
}

/// A point of what adds up.
private protocol StreamDataPoint {
    var attributes: [Attribute] { get }
    var start: UInt64 { get set }
    var time: UInt64 { get }
    var noRecordedValue: Bool { get }

    mutating func subtract(_ earlier: DeltaStreams.Value)
}

extension NumberPoint: StreamDataPoint {
    fileprivate mutating func subtract(_ earlier: DeltaStreams.Value) {
        switch (value, earlier) {
        case (.int(let now), .number(.int(let then))): value = .int(max(0, now - then))
        case (.double(let now), .number(.double(let then))): value = .double(max(0, now - then))
        default: break
        }
    }
}

extension HistogramPoint: StreamDataPoint {
    fileprivate mutating func subtract(_ earlier: DeltaStreams.Value) {
        guard case .distribution(let earlierCount, let earlierSum, let buckets) = earlier else { return }
        count -= min(count, earlierCount)
        sum = sum.map { max(0, $0 - (earlierSum ?? 0)) }
        bucketCounts = zip(bucketCounts, buckets).map { $0 - min($0, $1) }
    }
}
