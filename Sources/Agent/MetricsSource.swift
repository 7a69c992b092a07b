import Domain
import Logging
import OTLP

/// What the exporter collects from.
actor MetricsSource {
    private let reconciler: Reconciler
    private let resource: Resource
    private let version: String
    private let withIfindex: Bool
    private let clock: AgentClock
    private let logger: Logger
    private var mapping: MetricsMapping
    private var newest: UInt64 = 0

    /// - Parameter limit: how many streams a metric may have; nil: any number.
    init(
        _ reconciler: Reconciler, resource: Resource, version: String, withIfindex: Bool, limit: Int?,
        clock: AgentClock, logger: Logger
    ) {
        self.reconciler = reconciler
        self.resource = resource
        self.version = version
        self.withIfindex = withIfindex
        self.clock = clock
        self.logger = logger
        mapping = MetricsMapping(limit: limit, start: clock.began)
    }

    /// Nil when nothing is known yet.
    func collect() async -> MetricBatch? {
        await batch { $0.metrics($1, jobs: $2, now: $3) }
    }

    func delivered() { mapping.delivered() }

    /// What an export would say now, of which the exporter does not hear.
    func look() async -> MetricBatch? {
        await batch { $0.view($1, jobs: $2, now: $3) }
    }

    private func batch(
        _ map: (inout MetricsMapping, [StreamID: StreamPoint], Set<JobName>, UnixTime) -> [Metric]
    ) async -> MetricBatch? {
        guard let snapshot = await snapshot() else { return nil }
        let (jobs, overflowing) = (Set(snapshot.jobs.map(\.status.name)), mapping.overflowing)
        let now = clock.forwardTime
        let streams = map(&mapping, snapshot.streams(withIfindex: withIfindex), jobs, now)
        for metric in mapping.overflowing.subtracting(overflowing) {
            logger.warning(
                """
                the metric \(metric.name) has more streams than TELEGEN_CARDINALITY_LIMIT allows: those that came last \
                are told as one, with otel.metric.overflow
                """)
        }
        return MetricBatch(
            resource: resource, scopeName: "telegen-sonic", scopeVersion: version,
            metrics: streams + [snapshot.jobCounts(at: now)])
    }

    /// None that is older than one before it: counts would seem to have begun anew.
    private func snapshot() async -> StateSnapshot? {
        while let snapshot = await reconciler.snapshot() {
            guard snapshot.number > newest else { continue }
            newest = snapshot.number
            return snapshot
        }
        return nil
    }
}
