/// What exporting says of itself: OpenTelemetry's semantic conventions for SDK metrics (1.44).
///
/// A batch that is tried again counts its points once, when it has arrived or is given up. Each attempt is an operation
/// with a duration of its own: it is the reader who tries again, and with a newer batch. Every stream begins with the
/// process.
public struct SelfTelemetry: Sendable {
    private let start: UInt64
    private var exported: StreamTable<Int64>
    private var inFlight: StreamTable<Int64>
    private var operations: StreamTable<Durations>
    private var collections: StreamTable<Durations>
    private var pending: Pending?

    /// Points that an exporter has, and has neither delivered nor given up.
    private struct Pending {
        let points: Int
        let component: [Attribute]
        var errorType = "cancelled"
    }

    /// The most streams of a metric: collectors that come and go, and what happens at them.
    private static let mostStreams = 64
    private static let reader = [Attribute].component("periodic_metric_reader")

    /// - Parameters:
    ///   - start: when the process began, in nanoseconds since 1970.
    ///   - limit: streams of a metric, where that is less than the few that there can be; nil: there is none.
    public init(start: UInt64, limit: Int? = nil) {
        self.start = start
        let limit = min(limit ?? Self.mostStreams, Self.mostStreams)
        (exported, inFlight) = (StreamTable(limit: limit, zero: 0), StreamTable(limit: limit, zero: 0))
        operations = StreamTable(limit: limit, zero: Durations())
        collections = StreamTable(limit: limit, zero: Durations())
    }

    /// The reader has collected.
    mutating func collected(in duration: Duration) {
        collections.update(Self.reader) { $0.add(duration) }
    }

    /// The exporter gets a batch of so many points, or what has become of the one that it had.
    mutating func passed(_ points: Int, to component: [Attribute]) {
        settle()
        pending = Pending(points: points, component: component)
        inFlight.update(component) { $0 += Int64(points) }
    }

    /// An attempt is over.
    mutating func attempted(_ outcome: ExportOutcome, by component: [Attribute], in duration: Duration) {
        var attributes = component
        if let type = outcome.errorType { attributes.append(Attribute("error.type", type)) }
        if let status = outcome.status { attributes.append(status.attribute) }
        operations.update(attributes) { $0.add(duration) }
        switch outcome {
        case .success(let rejected, _, _): delivered(rejected: rejected)
        case .permanent(let failure):
            pending?.errorType = failure.type
            gaveUp()
        case .retryable(let failure, _): pending?.errorType = failure.type
        }
    }

    /// Nobody tries any more to deliver what is pending.
    mutating func gaveUp() {
        guard let pending = settle() else { return }
        count(pending.points, pending.component, errorType: pending.errorType)
    }

    private mutating func delivered(rejected: Int64) {
        guard let pending = settle() else { return }
        let rejected = Int(min(max(rejected, 0), Int64(pending.points)))
        count(pending.points - rejected, pending.component)
        count(rejected, pending.component, errorType: "rejected")
    }

    private mutating func count(_ points: Int, _ component: [Attribute], errorType: String? = nil) {
        guard points > 0 else { return }
        exported.update(component + (errorType.map { [Attribute("error.type", $0)] } ?? [])) { $0 += Int64(points) }
    }

    @discardableResult
    private mutating func settle() -> Pending? {
        guard let settled = pending else { return nil }
        inFlight.update(settled.component) { $0 -= Int64(settled.points) }
        pending = nil
        return settled
    }
}

extension SelfTelemetry {
    /// What there is to say, with cumulative points of `time`, in nanoseconds since 1970.
    func metrics(at time: UInt64) -> [Metric] {
        [
            Metric(
                name: "otel.sdk.exporter.metric_data_point.exported",
                description: "Data points that have arrived or, with error.type, have not.", unit: "{data_point}",
                data: .sum(exported.numbers(start, time), monotonic: true, temporality: .cumulative)),
            Metric(
                name: "otel.sdk.exporter.metric_data_point.inflight",
                description: "Data points that have neither arrived nor been given up.", unit: "{data_point}",
                data: .sum(inFlight.numbers(start, time), monotonic: false, temporality: .cumulative)),
            Metric(
                name: "otel.sdk.exporter.operation.duration", description: "Time that an attempt to export took.",
                unit: "s", data: .histogram(operations.distributions(start, time), temporality: .cumulative)),
            Metric(
                name: "otel.sdk.metric_reader.collection.duration", description: "Time that collecting took.",
                unit: "s", data: .histogram(collections.distributions(start, time), temporality: .cumulative)),
        ].filter { $0.data.pointCount > 0 }
    }
}

extension ExportOutcome {
    fileprivate var status: ResponseStatus? {
        switch self {
        case .success(_, _, let status): status
        case .retryable(let failure, _), .permanent(let failure): failure.status
        }
    }

    /// Nil: everything has arrived.
    fileprivate var errorType: String? {
        switch self {
        case .success(let rejected, _, _): rejected > 0 ? "rejected" : nil
        case .retryable(let failure, _), .permanent(let failure): failure.type
        }
    }
}
