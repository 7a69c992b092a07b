extension Database {
    /// Rows and the guard key as they are at one moment: one MULTI/EXEC reads them all.
    ///
    /// - Parameter guardKey: a key that tells whether the table is complete, such as `CONFIG_DB_INITIALIZED`.
    public func read(table: String, keys: [String], guardKey: String?) throws(RedisError) -> TableView {
        let guardReads = guardKey.map { [["GET", $0]] } ?? []
        let rowReads = keys.map { ["HGETALL", endpoint.redisKey(table, $0)] }
        var replies = try transaction(guardReads + rowReads)[...]
        var view = TableView()
        if let guardKey {
            view.guardValue = try guardValue(replies.removeFirst(), of: guardKey)
        }
        for (key, reply) in zip(keys, replies) { view.rows[key] = try rowState(reply) }
        return view
    }

    /// All rows of a table: their keys by `SCAN`, then one transaction. A row that is deleted between the two is
    /// `.absent`; one that is made between the two is missing, and announced by the watcher.
    public func readAll(table: String, guardKey: String?) throws(RedisError) -> TableView {
        try read(table: table, keys: try keys(of: table), guardKey: guardKey)
    }

    /// The keys of a table's rows, sorted; by `SCAN`, which does not hold up the server as `KEYS` does.
    public func keys(of table: String) throws(RedisError) -> [String] {
        let pattern = Command.escapedPattern(endpoint.redisKey(table, "")) + "*"
        var keys: Set<String> = []
        var cursor = "0"
        for _ in 0..<Self.maximumPages {
            let page = try send(["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"])
            guard let parts = page.array, parts.count == 2, let next = parts[0].text, let found = parts[1].array
            else { throw unexpected(page, to: "SCAN") }
            for item in found { keys.insert(try rowKey(item, in: table)) }
            guard keys.count <= Self.maximumKeys else { break }
            if next == "0" { return keys.sorted() }
            cursor = next
        }
        throw .unexpectedReply(endpoint, detail: "SCAN of \(table) does not end")
    }

    /// How many of these rows there are.
    public func count(of keys: [TableKey]) throws(RedisError) -> Int {
        guard !keys.isEmpty else { return 0 }
        let reply = try send(["EXISTS"] + keys.map { endpoint.redisKey($0.table, $0.key) })
        guard case .integer(let count) = reply else { throw unexpected(reply, to: "EXISTS") }
        return Int(count)
    }

    /// All changes or, when the server refuses one as it is queued, none: one MULTI/EXEC.
    ///
    /// A key that holds something other than a hash makes only its own change fail; the others are made and `.server`
    /// is thrown.
    public func apply(_ changes: [RowChange]) throws(RedisError) {
        let commands = changes.flatMap { $0.commands(at: endpoint) }
        guard !commands.isEmpty else { return }
        for (command, reply) in zip(commands, try transaction(commands)) {
            if let message = reply.errorMessage {
                throw .server(endpoint, message: "\(message) [\(command.prefix(2).joined(separator: " "))]")
            }
        }
    }

    /// The same, unless the connection is no longer the one of that number: differences to what another server held are
    /// not for this one.
    ///
    /// - Returns: whether the changes were made.
    public func apply(_ changes: [RowChange], ifStill generation: Int) throws(RedisError) -> Bool {
        try connect(until: Instant.now + timeout)
        guard self.generation == generation else { return false }
        try apply(changes)
        return true
    }

    /// What became of a row that was to be written under a condition.
    public enum Outcome: Int, Sendable {
        /// The guard's key is not there: nothing was written.
        case isRebuilding = -1
        /// The row is there, or is not, against what was asked: nothing was written.
        case isOtherwise = 0
        case isDone = 1
    }

    /// Writes fields of a row unless it is there (`isNew`), or only if it is; nothing comes between the look and the
    /// write.
    ///
    /// - Parameter guardKey: nothing is written while this key is absent.
    public func write(
        _ fields: [String: String], table: String, key: String, isNew: Bool, guardKey: String?
    ) throws(RedisError) -> Outcome {
        let values = fields.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        return try script("redis.call('HSET', KEYS[1], unpack(ARGV, 3))", table, key, isNew, guardKey, values)
    }

    /// Deletes a row if it is there.
    public func remove(table: String, key: String, guardKey: String?) throws(RedisError) -> Outcome {
        try script("redis.call('DEL', KEYS[1])", table, key, false, guardKey, [])
    }

    private func script(
        _ action: String, _ table: String, _ key: String, _ isNew: Bool, _ guardKey: String?, _ values: [String]
    ) throws(RedisError) -> Outcome {
        let text = """
            if ARGV[1] ~= '' and redis.call('EXISTS', ARGV[1]) == 0 then return -1 end
            if redis.call('EXISTS', KEYS[1]) ~= tonumber(ARGV[2]) then return 0 end
            \(action)
            return 1
            """
        let words = ["EVAL", text, "1", endpoint.redisKey(table, key), guardKey ?? "", isNew ? "0" : "1"]
        let reply = try send(words + values)
        if let message = reply.errorMessage { throw .server(endpoint, message: message) }
        guard case .integer(let number) = reply, let outcome = Outcome(rawValue: Int(number)) else {
            throw unexpected(reply, to: "EVAL")
        }
        return outcome
    }
}

extension Database {
    /// More rows than any table of the agent's can have; a server that names more is not believed.
    private static let maximumKeys = 1 << 20
    /// Of about a thousand keys of the whole database each.
    private static let maximumPages = 1 << 16

    /// The replies of commands within MULTI/EXEC.
    private func transaction(_ commands: [[String]]) throws(RedisError) -> [RedisValue] {
        let replies = try pipeline([["MULTI"]] + commands + [["EXEC"]])
        // What was refused as it was queued is the cause; EXEC only says that there was one.
        if let message = replies.lazy.compactMap(\.errorMessage).first { throw .server(endpoint, message: message) }
        guard let results = replies[replies.count - 1].array, results.count == commands.count else {
            throw unexpected(replies[replies.count - 1], to: "EXEC of \(commands.count) commands")
        }
        return results
    }

    private func guardValue(_ reply: RedisValue, of key: String) throws(RedisError) -> String? {
        switch reply {
        case .null: return nil
        case .string(let text): return text
        case .error(let message): throw .server(endpoint, message: "\(message) [GET \(key)]")
        default: throw unexpected(reply, to: "GET \(key)")
        }
    }

    private func rowState(_ reply: RedisValue) throws(RedisError) -> RowState {
        if let message = reply.errorMessage {
            guard message.hasPrefix("WRONGTYPE") else { throw .server(endpoint, message: message) }
            return .wrongType
        }
        guard let fields = reply.fields else { throw unexpected(reply, to: "HGETALL") }
        return fields.isEmpty ? .absent : .row(Row(fields: fields))
    }

    private func rowKey(_ item: RedisValue, in table: String) throws(RedisError) -> String {
        guard let text = item.text, let key = endpoint.tableKey(of: text), key.table == table else {
            throw unexpected(item, to: "SCAN of \(table)")
        }
        return key.key
    }

    private func unexpected(_ reply: RedisValue, to command: String) -> RedisError {
        .unexpectedReply(endpoint, detail: "\(command) was answered with \(reply.summary)")
    }
}

extension RowChange {
    /// As Redis commands; fields in the order of their names.
    func commands(at endpoint: DatabaseEndpoint) -> [[String]] {
        switch self {
        case .delete(let table, let key):
            return [["DEL", endpoint.redisKey(table, key)]]
        case .set(let table, let key, let fields, let removing):
            let redisKey = endpoint.redisKey(table, key)
            let written = fields.isEmpty && removing.isEmpty ? Row.emptyFields : fields
            let pairs = written.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
            let removed = removing.subtracting(fields.keys).sorted()
            return (removed.isEmpty ? [] : [["HDEL", redisKey] + removed])
                + (pairs.isEmpty ? [] : [["HSET", redisKey] + pairs])
        }
    }
}
