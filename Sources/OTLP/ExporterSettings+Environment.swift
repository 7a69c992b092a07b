extension ExporterSettings {
    /// Settings from the `OTEL_*` variables, as the OpenTelemetry specification has them: empty
    /// is unset, `OTEL_EXPORTER_OTLP_METRICS_X` beats `OTEL_EXPORTER_OTLP_X`, and a value that
    /// cannot be understood is as good as unset and named in a warning.
    public static func fromEnvironment(
        _ environment: [String: String]
    ) -> (settings: ExporterSettings, warnings: [String]) {
        var variables = EnvironmentReader(environment)
        var settings = ExporterSettings()
        settings.readGeneral(&variables)
        settings.readConnection(&variables)
        settings.readResource(&variables)
        return (settings, variables.warnings)
    }

    private mutating func readGeneral(_ variables: inout EnvironmentReader) {
        isDisabled = variables.read(["OTEL_SDK_DISABLED"], parse: boolean) ?? isDisabled
        interval = variables.read(["OTEL_METRIC_EXPORT_INTERVAL"], parse: milliseconds) ?? interval
        exportTimeout = variables.read(["OTEL_METRIC_EXPORT_TIMEOUT"], parse: milliseconds) ?? exportTimeout
    }

    private mutating func readConnection(_ variables: inout EnvironmentReader) {
        transport = variables.readOTLP("PROTOCOL", parse: choice) ?? transport
        endpoint =
            variables.read(["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"], parse: parseMetricsEndpoint)
            ?? variables.read(["OTEL_EXPORTER_OTLP_ENDPOINT"], parse: parseEndpoint) ?? endpoint
        isInsecure = variables.readOTLP("INSECURE", parse: boolean)
        timeout = variables.readOTLP("TIMEOUT", parse: milliseconds) ?? timeout
        compression = variables.readOTLP("COMPRESSION", parse: choice) ?? compression
        headers = variables.readHeaders()
        tls = TLSFiles(
            certificate: variables.readOTLP("CERTIFICATE", parse: text),
            clientCertificate: variables.readOTLP("CLIENT_CERTIFICATE", parse: text),
            clientKey: variables.readOTLP("CLIENT_KEY", parse: text))
        temporality =
            variables.read(["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"], parse: choice) ?? temporality
        histograms =
            variables.read(["OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"], parse: choice) ?? histograms
    }

    private mutating func readResource(_ variables: inout EnvironmentReader) {
        let attributes = variables.read(["OTEL_RESOURCE_ATTRIBUTES"], parse: parseResourceAttributes) ?? []
        for attribute in attributes {
            guard attribute.key == "service.name", case .string(let name) = attribute.value else { continue }
            serviceName = name
        }
        serviceName = variables.read(["OTEL_SERVICE_NAME"], parse: text) ?? serviceName
        resourceAttributes = Resource().merging(attributes.filter { $0.key != "service.name" }).attributes
    }
}

private func text(_ value: String) throws(BadValue) -> String { value }

/// Only `true` is true; `false` and everything else is false, the latter with a warning.
private func boolean(_ value: String) throws(BadValue) -> Bool {
    switch value.lowercased() {
    case "true": true
    case "false": false
    default: throw BadValue("true or false is allowed")
    }
}

private func milliseconds(_ value: String) throws(BadValue) -> Duration {
    guard let number = Int(value), 1...86_400_000 ~= number else {
        throw BadValue("milliseconds are allowed, 1 to 86400000")
    }
    return .milliseconds(number)
}

private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ value: String) throws(BadValue) -> Choice {
    guard let choice = Choice(rawValue: value.lowercased()) else {
        throw BadValue("allowed are \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
}

private func parseEndpoint(_ value: String) throws(BadValue) -> Endpoint {
    do {
        return try Endpoint(parsing: value)
    } catch {
        throw BadValue(error.problem)
    }
}

/// Of metrics alone: HTTP uses its path as it is.
private func parseMetricsEndpoint(_ value: String) throws(BadValue) -> Endpoint {
    var endpoint = try parseEndpoint(value)
    endpoint.isSignalSpecific = true
    return endpoint
}
