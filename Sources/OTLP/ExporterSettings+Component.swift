extension ExporterSettings {
    /// The exporter under these settings, as OpenTelemetry's semantic conventions (1.44) describe a component of an SDK:
    /// its type, its name, and whom it talks to.
    var component: [Attribute] {
        let type =
            switch transport {
            case .grpc: "otlp_grpc_metric_exporter"
            case .httpProtobuf: "otlp_http_metric_exporter"
            case .httpJSON: "otlp_http_json_metric_exporter"
            }
        return [Attribute].component(type) + server
    }

    /// A Unix socket has no port.
    private var server: [Attribute] {
        switch endpoint.address {
        case .unix(let path): [Attribute("server.address", path)]
        case .host(let host, let port):
            [Attribute("server.address", host), Attribute("server.port", .int(Int64(port ?? usualPort)))]
        }
    }
}

extension [Attribute] {
    /// The only one of its type in this process.
    static func component(_ type: String) -> [Attribute] {
        [Attribute("otel.component.type", type), Attribute("otel.component.name", "\(type)/0")]
    }
}
