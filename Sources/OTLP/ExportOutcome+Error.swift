import AsyncHTTPClient
import GRPCCore
import SwiftProtobuf

extension ExportOutcome {
    /// What an error of a call means for the batch.
    init(_ error: any Error) {
        guard let error = error as? RPCError else {
            self = .retryable(ExportFailure(error.summary, type: error.typeName), after: nil)
            return
        }
        let failure = ExportFailure(error.summary, status: .grpc(error.code.name))
        let asked = error.retryDelay
        if error.isOurs || error.code.isRetryable || (error.code == .resourceExhausted && asked != nil) {
            self = .retryable(failure, after: asked)
        } else {
            self = .permanent(failure)
        }
    }
}

extension RPCError {
    /// Whether it happened on the way, such as a broken connection, and is no answer.
    fileprivate var isOurs: Bool { code == .unknown && cause != nil }

    /// How long the receiver wants to be left alone (`google.rpc.RetryInfo`).
    fileprivate var retryDelay: Duration? {
        guard let bytes = metadata[binaryValues: "grpc-status-details-bin"].first(where: { _ in true }),
            let status = try? Google_Rpc_Status(serializedBytes: bytes)
        else { return nil }
        let details = status.details.first { $0.typeURL.hasSuffix("/google.rpc.RetryInfo") }
        let info = details.flatMap { try? Google_Rpc_RetryInfo(serializedBytes: $0.value) }
        return info.map { .seconds($0.retryDelay.seconds) + .nanoseconds($0.retryDelay.nanos) }
    }
}

extension RPCError.Code {
    /// By the OTLP specification; RESOURCE_EXHAUSTED is, only when the receiver says how long to wait.
    fileprivate var isRetryable: Bool {
        switch self {
        case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss: true
        default: false
        }
    }
}

extension RPCError.Code {
    /// The names of gRPC's statuses, by their numbers.
    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    fileprivate var name: String { Self.names[rawValue] }
}

extension HTTPClientError {
    fileprivate static let timeouts = [
        deadlineExceeded, connectTimeout, readTimeout, writeTimeout, tlsHandshakeTimeout, getConnectionFromPoolTimeout,
    ]
}

extension Error {
    /// What kind of error it is, as `error.type` has it.
    var typeName: String {
        if let error = self as? HTTPClientError, HTTPClientError.timeouts.contains(error) { return "timeout" }
        return String(reflecting: type(of: self))
    }

    /// The error and its causes in one line of bounded length.
    var summary: String {
        let text =
            switch self {
            case let error as RPCError: "\(error.code): \(error.message)\(error.cause.suffix)"
            case let error as RuntimeError: "\(error.message)\(error.cause.suffix)"
            default: "\(self)"
            }
        return text.printable
    }
}

extension String {
    /// Of somebody else, for a log line or a row: bounded, without control characters.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(300).map { $0.properties.isPrintable ? $0 : " " }))
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}

extension (any Error)? {
    fileprivate var suffix: String {
        map { " (\($0.summary))" } ?? ""
    }
}
