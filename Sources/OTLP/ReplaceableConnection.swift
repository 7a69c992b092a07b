import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Synchronization

typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

/// A connection that is made when it is needed and goes away with its last reference.
final class ReplaceableConnection: Sendable {
    private let settings: ExporterSettings
    private let current: Mutex<RunningClient?>

    init(_ settings: ExporterSettings) throws(ExporterError) {
        self.settings = settings
        current = Mutex(try RunningClient(settings))
    }

    /// Calls `body` with the client of this moment, whose connection lives at least as long: a
    /// call that is cancelled together with its connection may never return.
    func withClient<Answer: Sendable>(_ body: (Client) async throws -> Answer) async throws -> Answer {
        let running = try current.withLock { current in
            let running = try current ?? RunningClient(settings)
            current = running
            return running
        }
        defer { withExtendedLifetime(running) {} }
        return try await body(running.client)
    }

    /// Drops the connection as soon as no call uses it; the next call makes a new one.
    func close() {
        current.withLock { $0 = nil }
    }
}

/// A client and the task that keeps its connection.
private final class RunningClient: Sendable {
    let client: Client
    private let task: Task<Void, Never>

    init(_ settings: ExporterSettings) throws(ExporterError) {
        let client = Client(transport: try HTTP2ClientTransport.Posix(settings))
        self.client = client
        // It only ends when cancelled; calls see the errors of connections.
        task = Task { try? await client.runConnections() }
    }

    deinit {
        task.cancel()
    }
}
