extension ExporterSettings {
    /// What becomes of metrics under these settings; `version` is that of telegen-sonic.
    public func makeTarget(version: String) -> ExportTarget {
        if isDisabled { return .disabled }
        guard transport == .grpc else {
            return .unsupported(reason: "otlp_protocol \(transport.rawValue): not supported yet")
        }
        do {
            return .exporter(try GRPCMetricExporter(self, version: version))
        } catch {
            return .invalid(reason: error.description)
        }
    }
}
