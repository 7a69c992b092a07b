import Domain

/// Keeps every metric to so many streams, and one more for the rest (OpenTelemetry specification, metrics SDK,
/// "Cardinality limits").
struct CardinalityLimit: Sendable {
    /// 512 ports with four classes in both directions fit, and their top flows.
    static let usual = 16_384

    private let limit: Int?
    private var crowded: [ExportedMetric: LimitedStreams] = [:]

    /// - Parameter limit: nil: there is none.
    init(_ limit: Int?) { self.limit = limit }

    /// Metrics that have had more streams than they may.
    var overflowing: Set<ExportedMetric> { Set(crowded.keys) }

    /// The points that stand for what is not told stream by stream.
    var overflows: [(metric: ExportedMetric, point: StreamPoint)] {
        crowded.compactMap { metric, streams in streams.overflow.map { (metric, $0) } }
    }

    /// Streams of which something is known.
    var remembered: Int { crowded.values.reduce(0) { $0 + $1.remembered } }

    /// The streams that are told one by one.
    ///
    /// - Parameters:
    ///   - earlier: those that were, the last time.
    ///   - time: when that was; where a metric has more than it may for the first time, its overflow begins then.
    ///   - jobs: all that exist.
    ///   - origins: what has been told already.
    mutating func keep(
        _ streams: [StreamID: StreamPoint], after earlier: [StreamID: StreamPoint], at time: UnixTime,
        jobs: Set<JobName>, _ origins: StreamOrigins
    ) -> [StreamID: StreamPoint] {
        guard let limit else { return streams }
        beginOverflows(streams, limit, after: earlier, at: time)
        guard !crowded.isEmpty else { return streams }
        var kept = streams
        for metric in Array(crowded.keys) {
            let own = streams.filter { $0.key.source.metric == metric }
            let others = crowded[metric]?.overflowing(own, limit: limit, jobs: jobs, origins) ?? []
            for id in others { kept[id] = nil }
        }
        return kept
    }

    private mutating func beginOverflows(
        _ streams: [StreamID: StreamPoint], _ limit: Int, after earlier: [StreamID: StreamPoint], at time: UnixTime
    ) {
        var counts = Array(repeating: 0, count: ExportedMetric.allCases.count)
        for id in streams.keys { counts[id.source.metric.rawValue] += 1 }
        for metric in ExportedMetric.allCases where counts[metric.rawValue] > limit && crowded[metric] == nil {
            crowded[metric] = LimitedStreams(
                metric, inside: earlier.keys.lazy.map(\.source).filter { $0.metric == metric }, start: time)
        }
    }
}
