/// What may have changed since the last batch.
public enum KeyBatch: Sendable, Hashable {
    /// Anything: take a full snapshot.
    case resync
    /// These rows, which may as well be gone, or as they were.
    case keys(Set<TableKey>)

    /// Whether this row may have changed.
    public func concerns(_ row: TableKey) -> Bool {
        switch self {
        case .resync: true
        case .keys(let keys): keys.contains(row)
        }
    }
}

/// What a consumer has not taken yet: bounded, as equal keys merge and too many become a `.resync`.
struct PendingKeys: Sendable {
    /// More distinct keys than this cost more to read one by one than the table as a whole.
    static let maximumKeys = 8192
    /// No row of ours has a longer key, and a set of those that are would not be bounded.
    static let maximumKeyBytes = 1024

    private var keys: Set<TableKey> = []
    private var needsResync = false

    var isEmpty: Bool { keys.isEmpty && !needsResync }

    mutating func insert(_ key: TableKey) {
        guard !needsResync else { return }
        guard key.key.utf8.count <= Self.maximumKeyBytes else { return resync() }
        keys.insert(key)
        if keys.count > Self.maximumKeys { resync() }
    }

    /// A snapshot shows every key's change too.
    mutating func resync() {
        keys = []
        needsResync = true
    }

    /// Nil when nothing waits.
    mutating func take() -> KeyBatch? {
        guard !isEmpty else { return nil }
        defer { self = PendingKeys() }
        return needsResync ? .resync : .keys(keys)
    }
}
