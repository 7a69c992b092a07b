import Synchronization

/// What `PrivateServer.ensureRunning` remembers between calls.
struct ServerHealth {
    /// A server that is only slow holds rows that ending it would lose.
    static let patience = Duration.seconds(30)

    var backoff = Backoff()
    /// Rows have changed since the last dump.
    var isUnsaved = false
    /// The last dump could not be written, and this has been said.
    var hasFailedToSave = false
    private var silentSince: Instant?

    mutating func answered() { (backoff, silentSince) = (Backoff(), nil) }

    /// Whether there is something to save, which somebody does now.
    mutating func takeUnsaved() -> Bool {
        defer { isUnsaved = false }
        return isUnsaved
    }

    /// Notes the silence; true when it has lasted too long.
    mutating func isGivenUp(at now: Instant) -> Bool {
        let since = silentSince ?? now
        silentSince = since
        return now - since >= Self.patience
    }
}

/// A mutex that copies of a value share.
final class Mutexed<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        mutex.withLock { value in body(&value) }
    }
}
