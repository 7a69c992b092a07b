/// Everything that is exported at one time.
public struct MetricBatch: Sendable, Hashable {
    /// What the metrics are about.
    public var resource: Resource
    /// Who measured.
    public var scopeName: String
    /// The version of who measured.
    public var scopeVersion: String
    /// Where the names are defined; empty if they follow no schema.
    public var schemaURL: String
    /// The metrics.
    public var metrics: [Metric]

    /// A batch.
    public init(
        resource: Resource, scopeName: String, scopeVersion: String, schemaURL: String = "", metrics: [Metric]
    ) {
        self.resource = resource
        self.scopeName = scopeName
        self.scopeVersion = scopeVersion
        self.schemaURL = schemaURL
        self.metrics = metrics
    }

    /// The number of data points in all metrics.
    public var pointCount: Int {
        metrics.reduce(0) { $0 + $1.data.pointCount }
    }
}

extension MetricBatch {
    /// The first `count` points of this batch, and the rest.
    func split(after count: Int) -> (MetricBatch, MetricBatch) {
        var (first, rest) = (self, self)
        (first.metrics, rest.metrics) = ([], [])
        var left = count
        for metric in metrics {
            let (head, tail) = metric.data.split(after: left)
            left -= head.pointCount
            first.append(metric, with: head)
            rest.append(metric, with: tail)
        }
        return (first, rest)
    }

    private mutating func append(_ metric: Metric, with data: MetricData) {
        guard data.pointCount > 0 else { return }
        var metric = metric
        metric.data = data
        metrics.append(metric)
    }
}

extension MetricData {
    /// The number of data points.
    public var pointCount: Int {
        switch self {
        case .sum(let points, _, _), .gauge(let points): points.count
        case .histogram(let points, _): points.count
        }
    }

    fileprivate func split(after count: Int) -> (MetricData, MetricData) {
        switch self {
        case .sum(let points, let monotonic, let temporality):
            let (head, tail) = points.split(after: count)
            return (
                .sum(head, monotonic: monotonic, temporality: temporality),
                .sum(tail, monotonic: monotonic, temporality: temporality)
            )
        case .histogram(let points, let temporality):
            let (head, tail) = points.split(after: count)
            return (.histogram(head, temporality: temporality), .histogram(tail, temporality: temporality))
        case .gauge(let points):
            let (head, tail) = points.split(after: count)
            return (.gauge(head), .gauge(tail))
        }
    }
}

extension Array {
    fileprivate func split(after count: Int) -> ([Element], [Element]) {
        (Array(prefix(count)), Array(dropFirst(count)))
    }
}
