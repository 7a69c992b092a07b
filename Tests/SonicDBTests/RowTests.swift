import Testing

@testable import SonicDB

@Suite("A row")
struct RowTests {
    @Test("keeps raw field names")
    func rawNames() {
        #expect(Row(fields: ["vlan@": "1,2", "port": "Ethernet0"]).fields == ["vlan@": "1,2", "port": "Ethernet0"])
    }

    @Test("drops the marker of an empty row")
    func marker() {
        #expect(Row(fields: ["NULL": "NULL"]) == Row())
        #expect(Row(fields: ["NULL": "NULL", "a": "b"]).fields == ["a": "b"])
    }

    @Test("gives lists by their names without the @", arguments: [("1,2", ["1", "2"]), ("1", ["1"]), ("", [])])
    func lists(value: String, items: [String]) {
        #expect(Row(fields: ["vlan@": value])[list: "vlan"] == items)
    }

    @Test("has no list where only a plain field is")
    func plainField() {
        #expect(Row(fields: ["vlan": "1,2"])[list: "vlan"] == nil)
    }

    @Test("takes lists by their names without the @")
    func setLists() {
        var row = Row()
        row[list: "vlan"] = ["1", "2"]
        #expect(row.fields == ["vlan@": "1,2"])
        row[list: "vlan"] = nil
        #expect(row.fields.isEmpty)
    }
}

@Suite("A change of a row")
struct RowChangeTests {
    let endpoint = DatabaseEndpoint(address: .unix(path: "/s"), id: 6, separator: "|")

    @Test("writes its fields in one HSET, in the order of their names")
    func set() {
        #expect(
            commands(.set(table: "T", key: "k", fields: ["b": "2", "a": "1"])) == [["HSET", "T|k", "a", "1", "b", "2"]])
    }

    @Test("removes fields before it writes, and none that it writes")
    func removing() {
        #expect(
            commands(.set(table: "T", key: "k", fields: ["a": "1"], removing: ["c", "b", "a"]))
                == [["HDEL", "T|k", "b", "c"], ["HSET", "T|k", "a", "1"]])
        #expect(commands(.set(table: "T", key: "k", fields: [:], removing: ["a"])) == [["HDEL", "T|k", "a"]])
    }

    @Test("makes an empty row as SONiC does")
    func empty() {
        #expect(commands(.set(table: "T", key: "k", fields: [:])) == [["HSET", "T|k", "NULL", "NULL"]])
    }

    @Test("deletes")
    func delete() {
        #expect(commands(.delete(table: "T", key: "a|b")) == [["DEL", "T|a|b"]])
    }

    private func commands(_ change: RowChange) -> [[String]] { change.commands(at: endpoint) }
}

@Suite("A Redis key")
struct RedisKeyTests {
    @Test(
        "is split at the first separator",
        arguments: [
            ("T|k", "T", "k"), ("T|a|b", "T", "a|b"), ("T|", "T", ""), ("|", "", ""),
            ("T|\u{301}x", "T", "\u{301}x"),
        ])
    func split(key: String, table: String, row: String) {
        let endpoint = DatabaseEndpoint(address: .unix(path: "/s"), id: 6, separator: "|")
        #expect(endpoint.tableKey(of: key) == TableKey(table: table, key: row))
    }

    @Test("without a separator is no row's")
    func plain() {
        let endpoint = DatabaseEndpoint(address: .unix(path: "/s"), id: 6, separator: "|")
        #expect(endpoint.tableKey(of: "CONFIG_DB_INITIALIZED") == nil)
    }

    @Test("may have a separator of several characters")
    func longSeparator() {
        let endpoint = DatabaseEndpoint(address: .unix(path: "/s"), id: 6, separator: "::")
        #expect(endpoint.tableKey(of: "A:B::c") == TableKey(table: "A:B", key: "c"))
        #expect(endpoint.redisKey("A", "c") == "A::c")
    }
}
