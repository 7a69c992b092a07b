/// What becomes of the metrics.
public enum ExportTarget: Sendable {
    /// They are delivered.
    case exporter(any MetricExporter)
    /// They are not wanted (`OTEL_SDK_DISABLED`).
    case disabled
    /// The settings contradict themselves or name files that cannot be read; the text says which.
    case invalid(reason: String)
}
