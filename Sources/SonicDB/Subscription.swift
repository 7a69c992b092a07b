/// What a watcher asks the server for, and what it makes of the answers. No I/O.
struct Subscription: Sendable {
    let endpoint: DatabaseEndpoint
    let tables: Set<String>
    /// Of other tables.
    let rows: Set<TableKey>
    let guardKey: String?

    init(endpoint: DatabaseEndpoint, tables: [String], rows: [TableKey] = [], guardKey: String?) {
        self.endpoint = endpoint
        self.tables = Set(tables)
        self.rows = Set(rows)
        self.guardKey = guardKey
    }

    /// One pattern per table and row, and the guard key by its name.
    var commands: [[String]] {
        let prefix = Command.escapedPattern(channelPrefix)
        let patterns =
            tables.sorted().map { prefix + Command.escapedPattern(endpoint.redisKey($0, "")) + "*" }
            + rows.map { prefix + Command.escapedPattern(endpoint.redisKey($0.table, $0.key)) }.sorted()
        return (patterns.isEmpty ? [] : [["PSUBSCRIBE"] + patterns])
            + (guardKey.map { [["SUBSCRIBE", channelPrefix + $0]] } ?? [])
    }

    /// One for each pattern and channel.
    var confirmations: Int { tables.count + rows.count + (guardKey == nil ? 0 : 1) }

    /// Nil when the reply is nothing that a subscriber is sent.
    func message(_ reply: RedisValue) -> SubscriptionMessage? {
        guard let parts = reply.array, let kind = parts.first?.text else { return nil }
        switch (kind, parts.count) {
        case ("psubscribe", 3), ("subscribe", 3): return .confirmed
        case ("pong", 2): return .pong
        case ("pmessage", 4): return parts[2].text.map(change)
        case ("message", 3): return parts[1].text.map(change)
        default: return nil
        }
    }

    private var channelPrefix: String { "__keyspace@\(endpoint.id)__:" }

    private func change(channel: String) -> SubscriptionMessage {
        guard channel.utf8.starts(with: channelPrefix.utf8) else { return .foreign }
        let key = String(decoding: channel.utf8.dropFirst(channelPrefix.utf8.count), as: UTF8.self)
        if key == guardKey { return .guardKey }
        guard let row = endpoint.tableKey(of: key), tables.contains(row.table) || rows.contains(row) else {
            return .foreign
        }
        return .row(row)
    }
}

/// What the server tells a subscriber.
enum SubscriptionMessage: Hashable {
    case confirmed
    case pong
    case row(TableKey)
    case guardKey
    /// Nothing that was asked for.
    case foreign
}

/// The value of `notify-keyspace-events`.
struct NotificationFlags {
    let text: String

    /// Whether it covers keyspace events of generic commands, strings and hashes, which rows and guard keys are.
    var coverRows: Bool {
        text.contains("K") && (text.contains("A") || "g$h".allSatisfy { text.contains($0) })
    }
}
