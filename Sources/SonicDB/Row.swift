/// One row as SONiC stores it: a hash of text fields.
///
/// Redis holds bytes: what is not valid UTF-8 arrives with U+FFFD in its place.
public struct Row: Sendable, Hashable {
    /// By their raw names: the list `vlan` is `vlan@` here. Never holds SONiC's marker of an empty row, the field
    /// `NULL`, which is dropped on reading and written for a row without fields.
    public var fields: [String: String]

    public init(fields: [String: String] = [:]) {
        self.fields = fields
        self.fields[Self.marker] = nil
    }

    /// The list that is stored in `name@` with commas between its items; nil when there is no such field. An empty
    /// value is an empty list.
    public subscript(list name: String) -> [String]? {
        get { fields[name + "@"].map { $0.utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) } } }
        set { fields[name + "@"] = newValue?.joined(separator: ",") }
    }

    /// Redis cannot hold an empty hash; SONiC writes `"NULL": "NULL"` for one.
    static let marker = "NULL"
    static let emptyFields = [marker: marker]
}
