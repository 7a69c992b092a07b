import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The PEM files of a server.
public struct TLSFiles: Hashable, Sendable {
    /// The server's certificate, and those that lead from it to its authority.
    public let certificate: String
    public let key: String
    /// Authorities of clients; nil: clients need no certificate.
    public let clientAuthorities: String?

    public init(certificate: String, key: String, clientAuthorities: String? = nil) {
        (self.certificate, self.key, self.clientAuthorities) = (certificate, key, clientAuthorities)
    }
}

/// TLS by files that are looked at with each connection: certificates are renewed without a restart.
final class ReloadingTLS: Sendable {
    private let files: TLSFiles
    private let logger: Logger
    private let current: Mutex<State>

    private struct State {
        var versions: [FileVersion?]
        var context: NIOSSLContext
    }

    /// Throws when the files cannot be used.
    init(_ files: TLSFiles, logger: Logger) throws {
        (self.files, self.logger) = (files, logger)
        current = Mutex(State(versions: files.versions, context: try files.context()))
    }

    /// As the files are now; while they cannot be used, as they were.
    var context: NIOSSLContext {
        let versions = files.versions
        return current.withLock { state in
            guard state.versions != versions else { return state.context }
            state.versions = versions
            do {
                state.context = try files.context()
                logger.notice("TLS: the certificate \(files.certificate) was renewed")
            } catch {
                logger.error("TLS: the new files cannot be used, those of before still are: \(error)")
            }
            return state.context
        }
    }
}

extension TLSFiles {
    fileprivate var versions: [FileVersion?] {
        [certificate, key, clientAuthorities].compactMap(\.self).map { FileVersion($0) }
    }

    /// Throws when the files cannot be used.
    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try read("TELEGEN_TLS_CERT", certificate) {
                try NIOSSLCertificate.fromPEMFile($0).map { .certificate($0) }
            },
            privateKey: try read("TELEGEN_TLS_KEY", key) { .privateKey(try NIOSSLPrivateKey(file: $0, format: .pem)) })
        configuration.minimumTLSVersion = .tlsv12
        if let clientAuthorities {
            configuration.trustRoots = try read("TELEGEN_TLS_CLIENT_CA", clientAuthorities) {
                .certificates(try NIOSSLCertificate.fromPEMFile($0))
            }
            // A client has no name to compare with.
            configuration.certificateVerification = .noHostnameVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private func read<Value>(_ variable: String, _ path: String, _ parse: (String) throws -> Value) throws -> Value {
        do {
            return try parse(path)
        } catch {
            throw TLSProblem(description: "\(variable)=\(path): no PEM file that can be read (\(error))")
        }
    }
}

private struct TLSProblem: Error, CustomStringConvertible {
    let description: String
}

/// A connection with TLS around it.
struct EncryptedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let tls: ReloadingTLS

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
