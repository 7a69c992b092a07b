import Domain

/// The streams of a metric that has had more than it may. Those that came first have places, and are told one by one;
/// what the others count is told as one, the overflow.
///
/// A place is free again when its stream is gone, for one that is new: who was in the overflow stays there for its life,
/// and brings only what has not been told by a stream of its own. So nothing is told twice, and the overflow never falls.
struct LimitedStreams: Sendable {
    /// Nil: nothing has overflowed, or no gauge does now.
    var overflow: StreamPoint? { value.map { StreamPoint(start: start, value: $0) } }

    /// Streams of which something is known.
    var remembered: Int { inside.count + outside.count }

    private let metric: ExportedMetric
    private let start: UnixTime
    private var value: StreamValue?
    private var inside: Set<StreamID.Source>
    private var outside: [StreamID.Source: Outside] = [:]
    /// The latest beginning of those that were outside and are not known any more.
    private var forgotten: UnixTime?
    private var round = 0

    /// A stream in the overflow, or that was and may return, as flows do.
    private struct Outside {
        let life: UnixTime
        /// What has been told of it, here or by a stream of its own.
        var told: StreamValue?
        /// When it was there last.
        var round: Int
    }

    /// The most streams outside that are remembered without being there.
    private static let mostDeparted = 4096

    private typealias Stream = (id: StreamID, point: StreamPoint)

    /// - Parameters:
    ///   - inside: streams that have been told one by one.
    ///   - start: when the overflow begins.
    init(_ metric: ExportedMetric, inside: some Sequence<StreamID.Source>, start: UnixTime) {
        (self.metric, self.inside, self.start) = (metric, Set(inside), start)
    }

    /// Takes in the metric's streams, and says which of them are in the overflow now.
    mutating func overflowing(
        _ streams: [StreamID: StreamPoint], limit: Int, jobs: Set<JobName>, _ origins: StreamOrigins
    ) -> [StreamID] {
        round += 1
        inside.formIntersection(streams.keys.lazy.map(\.source))
        var (others, newcomers): ([Stream], [Stream]) = ([], [])
        for (id, point) in streams where !inside.contains(id.source) {
            if outside[id.source]?.life == point.start {
                others.append((id, point))
            } else {
                newcomers.append((id, point))
            }
        }
        // The order is of no account while there is room for all.
        if newcomers.count > limit - inside.count { newcomers.sort(by: Self.comeInOrder) }
        for (id, point) in newcomers {
            let isUnknown = forgotten.map { point.start <= $0 } ?? false
            if inside.count < limit, !isUnknown {
                inside.insert(id.source)
                outside[id.source] = nil
            } else {
                let told = isUnknown ? point.value : origins.told(point, of: id.source)
                outside[id.source] = Outside(life: point.start, told: told, round: round)
                others.append((id, point))
            }
        }
        add(others)
        forget(allBut: jobs, current: others.count)
        return others.map(\.id)
    }

    private static func comeInOrder(_ one: Stream, _ other: Stream) -> Bool {
        (one.point.start, one.id.source) < (other.point.start, other.id.source)
    }

    private mutating func add(_ streams: [Stream]) {
        for (id, point) in streams {
            // Who counts may have begun anew.
            let told = outside[id.source]?.told.flatMap { point.value.hasFallen(below: $0) ? nil : $0 }
            let new = point.value.since(told)
            value = value?.adding(new) ?? new
            outside[id.source] = Outside(life: point.start, told: point.value, round: round)
        }
        // Of gauges the last value counts (OpenTelemetry specification, metrics SDK, "Last Value Aggregation").
        if metric.kind == .gauge { value = streams.max { $0.id.source < $1.id.source }?.point.value }
    }

    private mutating func forget(allBut jobs: Set<JobName>, current: Int) {
        outside = outside.filter { source, stream in
            jobs.contains(source.job) && (metric.kind != .gauge || stream.round == round)
        }
        guard outside.count - current > Self.mostDeparted else { return }
        let departed = outside.filter { $0.value.round < round }.sorted { $0.value.round > $1.value.round }
        for (source, stream) in departed.dropFirst(Self.mostDeparted / 2) {
            outside[source] = nil
            forgotten = max(forgotten ?? stream.life, stream.life)
        }
    }
}
