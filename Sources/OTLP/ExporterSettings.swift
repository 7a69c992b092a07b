/// Everything that the exporter can be told.
public struct ExporterSettings: Sendable, Hashable {
    /// How OTLP travels. Only `grpc` acts in this release.
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

    /// The resource: what was detected, then what the user says, then the service's name.
    public func resource(detected: [Attribute]) -> Resource {
        Resource(attributes: detected)
            .merging(resourceAttributes)
            .merging([Attribute("service.name", serviceName)])
    }
}
