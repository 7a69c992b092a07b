/// Delivers batches to one destination.
public protocol MetricExporter: Sendable {
    /// Where the batches go, for people: `localhost:4317`.
    var destination: String { get }

    /// What the exporter's own metrics say of it: `otel.component.type`, `server.address` and the like.
    var component: [Attribute] { get }

    /// Delivers one batch and says how that went. Returns early when its task is cancelled.
    func export(_ batch: MetricBatch) async -> ExportOutcome

    /// Lets go of connections. No `export` is under way that was not cancelled, and none follows.
    func shutdown() async
}

/// How the delivery of a batch went.
public enum ExportOutcome: Sendable, Hashable {
    /// It arrived. The receiver refused `rejected` points; `message` says why, or is a warning. `status` is that of the
    /// last request.
    case success(rejected: Int64, message: String, status: ResponseStatus?)
    /// It did not arrive, and may if tried again: not before `after`, if the receiver asked for that.
    case retryable(ExportFailure, after: Duration?)
    /// It did not arrive and never will.
    case permanent(ExportFailure)
}
