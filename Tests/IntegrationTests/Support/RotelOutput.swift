import Synchronization

/// A data point as a collector understood it.
struct CollectedPoint: Sendable, Hashable {
    /// The metric's name.
    var name = ""
    var unit = ""
    /// `Sum`, `Histogram` or `Gauge`.
    var type = ""
    var isMonotonic: Bool?
    /// `CUMULATIVE` or `DELTA`.
    var temporality: String?
    /// The attributes of what the metric is about.
    var resource: [String: String] = [:]
    /// Name and version of who measured.
    var scope = ""
    /// Texts as they are, other values as the collector writes them: `Int(1)`.
    var attributes: [String: String] = [:]
    var start: UInt64 = 0
    var time: UInt64 = 0
    /// The number; nil for histograms and when there is none (any more).
    var value: Double?
    var count: UInt64?
    var sum: Double?
    var bucketCounts: [UInt64] = []
    var explicitBounds: [Double] = []
}

/// What rotel prints, as data points.
final class RotelOutput: Sendable {
    private struct State {
        var parser = Parser()
        var lastLine = ContinuousClock.now
        var hasEnded = false
    }

    private let state = Mutex(State())

    var hasEnded: Bool { state.withLock(\.hasEnded) }

    func add(_ line: String) {
        state.withLock {
            $0.parser.read(line)
            $0.lastLine = .now
        }
    }

    func end() {
        state.withLock { $0.hasEnded = true }
    }

    /// All points; the last one as soon as no more lines come, which could belong to it.
    func points() -> [CollectedPoint] {
        state.withLock {
            let isQuiet = $0.hasEnded || ContinuousClock.now - $0.lastLine > .milliseconds(100)
            return $0.parser.points + (isQuiet ? $0.parser.point.map { [$0] } ?? [] : [])
        }
    }
}

private struct Parser {
    private enum Section { case resource, metric, point }

    private(set) var points: [CollectedPoint] = []
    private(set) var point: CollectedPoint?
    private var section = Section.resource
    /// What the points to come have in common.
    private var common = CollectedPoint()

    mutating func read(_ line: String) {
        if let attribute = line.removing("     -> ") { return read(attribute: attribute) }
        if let scope = line.removing("InstrumentationScope ") {
            common.scope = scope
            return
        }
        if line.hasPrefix("ResourceMetrics #") { return begin(.resource, CollectedPoint()) }
        if line.hasPrefix("Metric #") {
            var next = CollectedPoint()
            (next.resource, next.scope) = (common.resource, common.scope)
            return begin(.metric, next)
        }
        if line.contains("DataPoints #") {
            begin(.point, common)
            point = common
            return
        }
        let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
        if parts.count == 2 { read(parts[0], parts[1]) }
    }

    private mutating func begin(_ section: Section, _ common: CollectedPoint) {
        if let point { points.append(point) }
        point = nil
        self.section = section
        self.common = common
    }

    private mutating func read(attribute: String) {
        let parts = attribute.split(separator: ": ", maxSplits: 1).map(String.init)
        let value = parts.count == 2 ? parts[1] : ""
        switch section {
        case .resource: common.resource[parts[0]] = value.unquoted
        case .point: point?.attributes[parts[0]] = value.unquoted
        case .metric: read(descriptor: parts[0], value)
        }
    }

    private mutating func read(descriptor: String, _ value: String) {
        switch descriptor {
        case "Name": common.name = value
        case "Unit": common.unit = value
        case "DataType": common.type = value
        case "IsMonotonic": common.isMonotonic = value == "true"
        case "AggregationTemporality": common.temporality = value.removing("AGGREGATION_TEMPORALITY_")
        default: break
        }
    }

    private mutating func read(_ field: String, _ value: String) {
        switch field {
        case "StartTimestamp": point?.start = UInt64(value) ?? 0
        case "Timestamp": point?.time = UInt64(value) ?? 0
        case "Value": point?.value = Double(value)
        case "Count": point?.count = UInt64(value)
        case "Sum": point?.sum = Double(value)
        case _ where field.hasPrefix("ExplicitBounds #"): point?.explicitBounds.append(Double(value) ?? .nan)
        case _ where field.hasPrefix("Buckets #"): point?.bucketCounts.append(UInt64(value) ?? 0)
        default: break
        }
    }
}

extension String {
    fileprivate func removing(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }

    /// `Str(text)` is the text.
    fileprivate var unquoted: String {
        hasPrefix("Str(") && hasSuffix(")") ? String(dropFirst(4).dropLast()) : self
    }
}
