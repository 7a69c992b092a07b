typealias ExportRequest = Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceRequest
typealias ExportResponse = Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceResponse
private typealias ResourceMetrics = Opentelemetry_Proto_Metrics_V1_ResourceMetrics
private typealias ScopeMetrics = Opentelemetry_Proto_Metrics_V1_ScopeMetrics
private typealias Temporalities = Opentelemetry_Proto_Metrics_V1_AggregationTemporality

extension ExportRequest {
    init(_ batch: MetricBatch, histograms: ExporterSettings.HistogramForm = .explicit) {
        var scope = ScopeMetrics()
        scope.scope.name = batch.scopeName
        scope.scope.version = batch.scopeVersion
        scope.schemaURL = batch.schemaURL
        scope.metrics = batch.metrics.map { .init($0, histograms) }

        var resource = ResourceMetrics()
        resource.resource.attributes = batch.resource.attributes.map { .init($0) }
        resource.schemaURL = batch.schemaURL
        resource.scopeMetrics = [scope]

        self.init()
        resourceMetrics = [resource]
    }
}

extension Opentelemetry_Proto_Metrics_V1_Metric {
    fileprivate init(_ metric: Metric, _ histograms: ExporterSettings.HistogramForm) {
        self.init()
        name = metric.name
        description_p = metric.description
        unit = metric.unit
        data = .init(metric.data, histograms)
    }
}

extension Opentelemetry_Proto_Metrics_V1_Metric.OneOf_Data {
    fileprivate init(_ data: MetricData, _ histograms: ExporterSettings.HistogramForm) {
        switch data {
        case .sum(let points, let monotonic, let temporality):
            self = .sum(
                .with {
                    $0.dataPoints = points.map { .init($0) }
                    $0.isMonotonic = monotonic
                    $0.aggregationTemporality = .init(temporality)
                })
        case .histogram(let points, let temporality):
            if histograms == .exponential, let octaves = points.first.flatMap({ Octaves($0.explicitBounds) }) {
                self = .exponentialHistogram(
                    .with {
                        $0.dataPoints = points.map { .init($0, octaves) }
                        $0.aggregationTemporality = .init(temporality)
                    })
                return
            }
            self = .histogram(
                .with {
                    $0.dataPoints = points.map { .init($0) }
                    $0.aggregationTemporality = .init(temporality)
                })
        case .gauge(let points):
            self = .gauge(.with { $0.dataPoints = points.map { .init($0) } })
        }
    }
}

extension Temporalities {
    fileprivate init(_ temporality: Temporality) {
        switch temporality {
        case .cumulative: self = .cumulative
        case .delta: self = .delta
        }
    }
}
