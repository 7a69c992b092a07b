import SonicDB

extension Database {
    /// Rows at one moment, as `read` does. A row that is too large for any reply makes only itself unreadable
    /// (`.wrongType`), not the others.
    func readLeniently(_ table: String, _ keys: [String], guardKey: String? = nil) async throws -> TableView {
        do {
            return try read(table: table, keys: keys, guardKey: guardKey)
        } catch {
            guard case .unexpectedReply = error, let first = keys.first else { throw error }
            guard keys.count > 1 else {
                let guardOnly = try read(table: table, keys: [], guardKey: guardKey)
                return TableView(guardValue: guardOnly.guardValue, rows: [first: .wrongType])
            }
        }
        var view = TableView()
        for key in keys {
            let one = try await readLeniently(table, [key], guardKey: guardKey)
            guard guardKey == nil || one.guardValue != nil else { return one }
            view.guardValue = one.guardValue
            view.rows.merge(one.rows) { $1 }
        }
        return view
    }
}
