/// How much each settable thing of `TELEGEN|global` is when nobody says otherwise, and what a row says of it.
/// A nil property was not set there.
public struct GlobalRow: Hashable, Sendable {
    public var adminState: AdminState?
    public var otlpEndpoint: String?
    public var otlpProtocol: OTLPProtocol?
    /// Seconds, 1...3600.
    public var otlpInterval: Int?
    /// Seconds, 1...300.
    public var statusInterval: Int?
    /// 1...4096.
    public var maxJobs: Int?

    public init() {}

    public static let defaultStatusInterval = 5
    public static let defaultMaxJobs = 512
}

/// The transport of exported metrics.
public enum OTLPProtocol: String, CaseIterable, Hashable, Sendable {
    case grpc
    case httpProtobuf = "http/protobuf"
}
