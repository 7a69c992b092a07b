/// Names one row: its table, and its key within the table (everything after the first separator).
public struct TableKey: Sendable, Hashable {
    public var table: String
    public var key: String

    public init(table: String, key: String) {
        self.table = table
        self.key = key
    }
}
