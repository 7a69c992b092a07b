/// What one transaction saw of a table.
public struct TableView: Sendable, Hashable {
    /// The guard key's value; nil when the key is absent or none was asked for.
    public var guardValue: String?
    /// Every row that was asked for, by its key.
    public var rows: [String: RowState]

    public init(guardValue: String? = nil, rows: [String: RowState] = [:]) {
        self.guardValue = guardValue
        self.rows = rows
    }
}

/// What is stored under a row's key.
public enum RowState: Sendable, Hashable {
    case absent
    case row(Row)
    /// Something other than a hash, so not a row; whoever wrote it has to remove it.
    case wrongType
}

/// One change to a table.
public enum RowChange: Sendable, Hashable {
    /// Writes these fields, removes the others named, and leaves the rest of the row alone; a field in both is
    /// written. With neither, makes sure of an empty row (SONiC's `NULL` marker).
    case set(table: String, key: String, fields: [String: String], removing: Set<String> = [])
    /// Removes the row, whatever is stored under its key.
    case delete(table: String, key: String)
}
