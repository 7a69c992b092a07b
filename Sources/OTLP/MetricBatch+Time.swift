/// A data point as a moment on its stream's axis.
protocol TimedPoint {
    var start: UInt64 { get }
    var time: UInt64 { get set }
}

extension NumberPoint: TimedPoint {}
extension HistogramPoint: TimedPoint {}

extension MetricBatch {
    /// The latest time of a point; 0 without points.
    var latestTime: UInt64 {
        metrics.reduce(0) { max($0, $1.data.latestTime) }
    }

    /// Moves each point behind `previous` and not before its stream's start, whatever the wall
    /// clock did in between: a receiver refuses points from before the last one.
    mutating func keepTimesRising(after previous: UInt64) {
        for index in metrics.indices where metrics[index].data.needsLaterTimes(after: previous) {
            metrics[index].data = metrics[index].data.laterTimes(after: previous)
        }
    }
}

extension MetricData {
    fileprivate var latestTime: UInt64 {
        switch self {
        case .sum(let points, _, _), .gauge(let points): points.latestTime
        case .histogram(let points, _): points.latestTime
        }
    }

    fileprivate func needsLaterTimes(after previous: UInt64) -> Bool {
        switch self {
        case .sum(let points, _, _), .gauge(let points): points.contains { $0.isTooEarly(after: previous) }
        case .histogram(let points, _): points.contains { $0.isTooEarly(after: previous) }
        }
    }

    fileprivate func laterTimes(after previous: UInt64) -> MetricData {
        switch self {
        case .sum(let points, let monotonic, let temporality):
            .sum(points.laterTimes(after: previous), monotonic: monotonic, temporality: temporality)
        case .histogram(let points, let temporality):
            .histogram(points.laterTimes(after: previous), temporality: temporality)
        case .gauge(let points):
            .gauge(points.laterTimes(after: previous))
        }
    }
}

extension TimedPoint {
    fileprivate func isTooEarly(after previous: UInt64) -> Bool {
        time <= previous || time < start
    }
}

extension Array where Element: TimedPoint {
    fileprivate var latestTime: UInt64 {
        reduce(0) { Swift.max($0, $1.time) }
    }

    fileprivate func laterTimes(after previous: UInt64) -> [Element] {
        map { point in
            var point = point
            point.time = Swift.max(point.time, previous + 1, point.start)
            return point
        }
    }
}
