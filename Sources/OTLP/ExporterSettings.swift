/// Everything that the exporter can be told.
public struct ExporterSettings: Sendable, Hashable {
    /// How OTLP travels.
    public enum Transport: String, Sendable, Hashable, CaseIterable {
        case grpc
        case httpProtobuf = "http/protobuf"
        case httpJSON = "http/json"
    }

    /// How requests are packed.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        case none
        case gzip
    }

    /// Whether values add up since their stream began, or since they were delivered last
    /// (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`).
    public enum TemporalityPreference: String, Sendable, Hashable, CaseIterable {
        case cumulative
        /// Sums and histograms since the last delivery.
        case delta
        /// Histograms since the last delivery. The sums, which are observed and not recorded one by one, stay cumulative,
        /// as the specification has it.
        case lowMemory = "lowmemory"
    }

    /// The form of histograms (`OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`).
    public enum HistogramForm: String, Sendable, Hashable, CaseIterable {
        case explicit = "explicit_bucket_histogram"
        /// Exponential where the bounds allow that without guessing: those of packet sizes do.
        case exponential = "base2_exponential_bucket_histogram"
    }

    /// PEM files for TLS.
    public struct TLSFiles: Sendable, Hashable {
        /// The authorities that are trusted instead of the system's.
        public var certificate: String?
        /// The client's own certificate, for mutual TLS.
        public var clientCertificate: String?
        /// The key that belongs to it.
        public var clientKey: String?

        /// The files' paths.
        public init(certificate: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil) {
            self.certificate = certificate
            self.clientCertificate = clientCertificate
            self.clientKey = clientKey
        }
    }

    /// One header, sent with each request.
    public struct Header: Sendable, Hashable {
        /// The name, in lower case.
        public var name: String
        /// The value; often a secret.
        public var value: String

        /// A header.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// No export at all.
    public var isDisabled = false
    /// How OTLP travels.
    public var transport = Transport.grpc
    /// Where to.
    public var endpoint = Endpoint.local
    /// Whether an endpoint without a scheme is spoken to in plain text, if anybody said so.
    public var isInsecure: Bool?
    /// Sent with each request.
    public var headers: [Header] = []
    /// How long one request may take.
    public var timeout: Duration = .seconds(10)
    /// How requests are packed.
    public var compression = Compression.none
    /// Files for TLS.
    public var tls = TLSFiles()
    /// Since when values add up.
    public var temporality = TemporalityPreference.cumulative
    /// The form of histograms.
    public var histograms = HistogramForm.explicit
    /// Between the starts of two exports.
    public var interval: Duration = .seconds(10)
    /// How long one export may take, with all its retries.
    public var exportTimeout: Duration = .seconds(10)
    /// The value of `service.name`.
    public var serviceName = "telegen-sonic"
    /// More about the resource, from the user.
    public var resourceAttributes: [Attribute] = []

    /// The defaults.
    public init() {}

    /// Whether the connection is encrypted: as the endpoint's scheme says; without one when
    /// plain text was ruled out or a certificate was given.
    public var usesTLS: Bool {
        endpoint.encrypted ?? isInsecure.map { !$0 } ?? (tls != TLSFiles())
    }

    /// Where the metrics go, for people: `localhost:4317`, or a URL.
    public var destination: String {
        guard transport == .grpc else { return url }
        guard case .host(let host, nil) = endpoint.address else { return endpoint.description }
        var endpoint = endpoint
        endpoint.address = .host(host, port: Self.grpcPort)
        return endpoint.description
    }

    /// Where OTLP over HTTP goes; of a Unix socket `http+unix://`, with the socket's path in the place of the host.
    var url: String {
        let path =
            endpoint.isSignalSpecific ? (endpoint.path.isEmpty ? "/" : endpoint.path) : endpoint.path + "/v1/metrics"
        let scheme = usesTLS ? "https" : "http"
        switch endpoint.address {
        case .unix(let socket): return "http+unix://\(socket.percentEncoded)\(path)"
        case .host(let host, let port):
            // A URL without a port means HTTP's own.
            let port = port ?? (endpoint.encrypted == nil ? Self.httpPort : nil)
            let host = host.contains(":") ? "[\(host.replacing("%", with: "%25"))]" : host
            return "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")\(path)"
        }
    }

    /// Where a connection is made to: `endpoint` with the port that it means.
    package var peer: Endpoint.Address {
        guard case .host(let host, nil) = endpoint.address else { return endpoint.address }
        guard transport != .grpc else { return .host(host, port: Self.grpcPort) }
        return .host(host, port: endpoint.encrypted.map { $0 ? 443 : 80 } ?? Self.httpPort)
    }

    /// Of collectors that take OTLP over gRPC.
    static let grpcPort = 4317
    private static let httpPort = 4318

    /// That of an end point which names none: the collector's, or HTTP's own where there is a scheme.
    var usualPort: Int {
        guard transport != .grpc else { return Self.grpcPort }
        return endpoint.encrypted.map { $0 ? 443 : 80 } ?? Self.httpPort
    }

    /// The resource: what was detected, then what the user says, then the service's name.
    public func resource(detected: [Attribute]) -> Resource {
        Resource(attributes: detected)
            .merging(resourceAttributes)
            .merging([Attribute("service.name", serviceName)])
    }
}
