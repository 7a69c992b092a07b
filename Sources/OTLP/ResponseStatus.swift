/// A receiver's answer in a word, as OpenTelemetry's semantic conventions (1.44) write it.
public enum ResponseStatus: Sendable, Hashable {
    /// The name of a gRPC status: `OK`, `UNAVAILABLE`; the client's own where it got none.
    case grpc(String)
    /// The status code of an HTTP answer.
    case http(Int)

    /// The attribute that says it.
    var attribute: Attribute {
        switch self {
        case .grpc(let name): Attribute("rpc.response.status_code", name)
        case .http(let code): Attribute("http.response.status_code", .int(Int64(code)))
        }
    }

    /// As a value of `error.type`.
    var errorType: String {
        switch self {
        case .grpc(let name): name
        case .http(let code): "\(code)"
        }
    }
}

/// Why a batch did not arrive.
public struct ExportFailure: Sendable, Hashable {
    /// One line for people.
    public var reason: String
    /// The value of `error.type`, of which there are few: a status, `timeout`, or the name of an error's type.
    public var type: String
    /// Nil: nobody answered.
    public var status: ResponseStatus?

    /// A failure without an answer.
    public init(_ reason: String, type: String) {
        (self.reason, self.type) = (reason, type)
    }

    /// A failure that the receiver, or the client in its place, has a status for.
    public init(_ reason: String, status: ResponseStatus) {
        (self.reason, self.type, self.status) = (reason, status.errorType, status)
    }
}
