/// What becomes of the metrics.
public enum ExportTarget: Sendable {
    /// They are delivered.
    case exporter(any MetricExporter)
    /// They are not wanted (`OTEL_SDK_DISABLED`).
    case disabled
    /// They cannot be delivered in the way that was asked for; the text says what and why.
    case unsupported(reason: String)
    /// The settings contradict themselves or name files that cannot be read; the text says which.
    case invalid(reason: String)
}
