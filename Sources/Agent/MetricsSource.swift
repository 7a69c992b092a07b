import Domain
import OTLP

/// What the exporter collects from.
actor MetricsSource {
    private let reconciler: Reconciler
    private let resource: Resource
    private let version: String
    private let withIfindex: Bool
    private let clock: AgentClock
    private var mapping = MetricsMapping()

    init(_ reconciler: Reconciler, resource: Resource, version: String, withIfindex: Bool, clock: AgentClock) {
        self.reconciler = reconciler
        self.resource = resource
        self.version = version
        self.withIfindex = withIfindex
        self.clock = clock
    }

    /// Nil when there is nothing to say.
    func collect() async -> MetricBatch? {
        guard let snapshot = await reconciler.snapshot() else { return nil }
        return batch(of: snapshot, &mapping)
    }

    func delivered() { mapping.delivered() }

    /// What an export would say now, of which the exporter does not hear.
    func look() async -> MetricBatch? {
        guard let snapshot = await reconciler.snapshot() else { return nil }
        var view = mapping
        return batch(of: snapshot, &view)
    }

    private func batch(of snapshot: StateSnapshot, _ mapping: inout MetricsMapping) -> MetricBatch? {
        let jobs = Set(snapshot.jobs.map(\.status.name))
        let metrics = mapping.metrics(snapshot.streams(withIfindex: withIfindex), jobs: jobs, now: clock.forwardTime)
        guard !metrics.isEmpty else { return nil }
        return MetricBatch(resource: resource, scopeName: "telegen-sonic", scopeVersion: version, metrics: metrics)
    }
}
