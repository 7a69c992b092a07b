/// Delivers batches to one destination.
public protocol MetricExporter: Sendable {
    /// Where the batches go, for people: `localhost:4317`.
    var destination: String { get }

    /// Delivers one batch and says how that went. Returns early when its task is cancelled.
    func export(_ batch: MetricBatch) async -> ExportOutcome

    /// Lets go of connections. No `export` is under way that was not cancelled, and none follows.
    func shutdown() async
}

/// How the delivery of a batch went.
public enum ExportOutcome: Sendable, Hashable {
    /// It arrived. The receiver refused `rejected` points; `message` says why, or is a warning.
    case success(rejected: Int64, message: String)
    /// It did not arrive, and may if tried again: not before `after`, if the receiver asked for that.
    case retryable(reason: String, after: Duration?)
    /// It did not arrive and never will.
    case permanent(reason: String)
}
