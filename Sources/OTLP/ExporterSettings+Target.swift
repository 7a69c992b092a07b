extension ExporterSettings {
    /// What becomes of metrics under these settings; `version` is that of telegen-sonic.
    public func makeTarget(version: String) -> ExportTarget {
        if isDisabled { return .disabled }
        do {
            try tls.check()
            switch transport {
            case .grpc: return .exporter(try GRPCMetricExporter(self, version: version))
            case .httpProtobuf, .httpJSON: return .exporter(try HTTPMetricExporter(self, version: version))
            }
        } catch {
            return .invalid(reason: error.description)
        }
    }
}

extension ExporterSettings.TLSFiles {
    /// A key is of no use without its certificate, nor the reverse.
    fileprivate func check() throws(ExporterError) {
        guard (clientKey == nil) != (clientCertificate == nil) else { return }
        throw ExporterError(
            clientKey == nil
                ? "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE without OTEL_EXPORTER_OTLP_CLIENT_KEY"
                : "OTEL_EXPORTER_OTLP_CLIENT_KEY without OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE")
    }
}
