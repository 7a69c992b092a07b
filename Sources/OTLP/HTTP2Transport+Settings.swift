import GRPCNIOTransportHTTP2Posix

extension HTTP2ClientTransport.Posix {
    init(_ settings: ExporterSettings) throws(ExporterError) {
        let security = TransportSecurity(settings)
        do {
            self = try settings.endpoint.makeTransport(security: security, config: .init(settings))
        } catch {
            throw ExporterError(
                "TLS for \(settings.destination): \(error.summary); check the certificate and key files")
        }
    }
}

extension Endpoint {
    fileprivate func makeTransport(
        security: HTTP2ClientTransport.Posix.TransportSecurity, config: HTTP2ClientTransport.Posix.Config
    ) throws -> HTTP2ClientTransport.Posix {
        func transport(_ target: some ResolvableTarget) throws -> HTTP2ClientTransport.Posix {
            try HTTP2ClientTransport.Posix(target: target, transportSecurity: security, config: config)
        }
        return switch address {
        // The path would be a bad authority, at which servers balk.
        case .unix(let path): try transport(.unixDomainSocket(path: path, authority: "localhost"))
        case .host(let host, let port) where host.isIPv4:
            try transport(.ipv4(address: host, port: port ?? ExporterSettings.grpcPort))
        case .host(let host, let port) where host.isIPv6:
            try transport(.ipv6(address: host, port: port ?? ExporterSettings.grpcPort))
        case .host(let host, let port): try transport(.dns(host: host, port: port ?? ExporterSettings.grpcPort))
        }
    }
}

extension HTTP2ClientTransport.Posix.Config {
    fileprivate init(_ settings: ExporterSettings) {
        self = .defaults {
            // An export that finds the collector away retries itself: only follow soon when it is back.
            $0.backoff = .init(initial: .milliseconds(500), max: .seconds(5), multiplier: 1.6, jitter: 0.2)
            if settings.compression == .gzip {
                $0.compression = .init(algorithm: .gzip, enabledAlgorithms: [.gzip])
            }
        }
    }
}

extension HTTP2ClientTransport.Posix.TransportSecurity {
    fileprivate init(_ settings: ExporterSettings) {
        let files = settings.tls
        guard settings.usesTLS else {
            self = .plaintext
            return
        }
        self = .tls {
            if let authorities = files.certificate {
                $0.trustRoots = .certificates([.file(path: authorities, format: .pem)])
            }
            if let certificate = files.clientCertificate, let key = files.clientKey {
                $0.certificateChain = [.file(path: certificate, format: .pem)]
                $0.privateKey = .file(path: key, format: .pem)
            }
        }
    }
}
