/// Metrics as Prometheus reads them (text format 0.0.4), named by OpenTelemetry's rules for that ("Prometheus and
/// OpenMetrics Compatibility"): units in words behind the name, `_total` behind what adds up, the resource as
/// `target_info`, the scope as labels.
///
/// A sequence of pieces of bounded size, made as they are asked for: a histogram's text is a multiple of its points.
public struct PrometheusText: Sequence, IteratorProtocol, Sendable {
    private let batch: MetricBatch
    private let scope: String
    private var hasBegun = false
    private var metric = 0
    private var point = 0

    private static let pointsPerPiece = 128

    /// What is cumulative or a gauge is written; streams that have ended are not.
    public init(_ batch: MetricBatch) {
        self.batch = batch
        scope = [("otel_scope_name", batch.scopeName), ("otel_scope_version", batch.scopeVersion)]
            .map { "\($0)=\"\($1.escaped(alsoQuotes: true))\"" }.joined(separator: ",")
    }

    public mutating func next() -> [UInt8]? {
        var text = ""
        if !hasBegun {
            hasBegun = true
            text = "# HELP target_info Target metadata\n# TYPE target_info gauge\n"
            text += "target_info{\(batch.resource.attributes.labels)} 1\n"
            return Array(text.utf8)
        }
        guard metric < batch.metrics.count else { return nil }
        let current = batch.metrics[metric]
        let name = current.prometheusName
        if point == 0 {
            text += "# HELP \(name) \(current.description.escaped(alsoQuotes: false))\n"
            text += "# TYPE \(name) \(current.data.prometheusType)\n"
        }
        let end = Swift.min(point + Self.pointsPerPiece, current.data.pointCount)
        switch current.data {
        case .sum(let points, _, _), .gauge(let points):
            for point in points[point..<end] where !point.noRecordedValue {
                text += "\(name){\(scope)\(point.attributes.furtherLabels)} \(point.value.text)\n"
            }
        case .histogram(let points, _):
            for point in points[point..<end] where !point.noRecordedValue { text.add(point, to: name, scope) }
        }
        (metric, point) = end == current.data.pointCount ? (metric + 1, 0) : (metric, end)
        return Array(text.utf8)
    }
}

extension Metric {
    /// The name of the family.
    var prometheusName: String {
        var words = name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
        if let suffix = Self.units[unit], words.last != suffix { words.append(suffix) }
        if case .sum(_, monotonic: true, _) = data, words.last != "total" { words.append("total") }
        let name = words.joined(separator: "_")
        return name.first?.isNumber == false ? name : "_\(name)"
    }

    /// The units in use; those in braces are no units (UCUM) and are left out.
    private static let units = ["By": "bytes", "s": "seconds", "%": "percent"]
}

extension MetricData {
    fileprivate var prometheusType: String {
        switch self {
        case .sum(_, let monotonic, _): monotonic ? "counter" : "gauge"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

extension String {
    /// Buckets add up here. A sum that is not known is left out.
    fileprivate mutating func add(_ point: HistogramPoint, to name: String, _ scope: String) {
        let labels = scope + point.attributes.furtherLabels
        var total: UInt64 = 0
        for (bound, count) in zip(point.explicitBounds.map(\.text) + ["+Inf"], point.bucketCounts) {
            total &+= count
            self += "\(name)_bucket{\(labels),le=\"\(bound)\"} \(total)\n"
        }
        if let sum = point.sum { self += "\(name)_sum{\(labels)} \(sum.text)\n" }
        self += "\(name)_count{\(labels)} \(point.count)\n"
    }

    fileprivate func escaped(alsoQuotes: Bool) -> String {
        guard utf8.contains(where: { [0x0A, 0x22, 0x5C].contains($0) }) else { return self }
        let text = replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return alsoQuotes ? text.replacing("\"", with: "\\\"") : text
    }
}

extension [Attribute] {
    fileprivate var labels: String {
        map { "\($0.key.labelName)=\"\($0.value.text.escaped(alsoQuotes: true))\"" }.joined(separator: ",")
    }

    /// Behind others.
    fileprivate var furtherLabels: String { isEmpty ? "" : ",\(labels)" }
}

extension String {
    /// Other characters than letters, digits and underscores become underscores.
    fileprivate var labelName: String {
        let name = String(map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return name.first?.isNumber == true ? "key_\(name)" : name
    }
}

extension AttributeValue {
    fileprivate var text: String {
        switch self {
        case .string(let text): text
        case .int(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .double(let number): number.text
        }
    }
}

extension NumberValue {
    fileprivate var text: String {
        switch self {
        case .int(let number): "\(number)"
        case .double(let number): number.text
        }
    }
}

extension Double {
    /// As Go reads it.
    fileprivate var text: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        return self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)"
    }
}
