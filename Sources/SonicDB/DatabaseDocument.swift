/// `database_config.json` or `database_global.json`, with the checks of its values. Keys that SONiC may add are
/// ignored.
///
/// Source: sonic-swss-common, `common/dbconnector.cpp` (`SonicDBConfig`).
struct DatabaseDocument {
    private static let maximumBytes = 1 << 20

    let file: String
    private let members: [String: JSONValue]

    init(file: String) throws(DatabaseMapError) {
        try self.init(json: try SmallFile.read(file, limit: Self.maximumBytes), file: file)
    }

    init(json: [UInt8], file: String) throws(DatabaseMapError) {
        guard json.count <= Self.maximumBytes else {
            throw .unreadable(file: file, cause: "larger than \(Self.maximumBytes >> 20) MiB")
        }
        let value: JSONValue
        do { value = try JSONValue(parsing: json) } catch { throw .notJSON(file: file, cause: "\(error)") }
        guard let members = value.object else {
            throw .badValue(file: file, key: "the whole", value: value.text, expected: "an object")
        }
        self.file = file
        self.members = members
    }

    /// True for `database_global.json`.
    var hasIncludes: Bool { members["INCLUDES"] != nil }

    /// The file that describes a namespace; the host's is "".
    func include(of namespace: String) throws(DatabaseMapError) -> String {
        guard let includes = members["INCLUDES"]?.array else { throw bad("INCLUDES", members["INCLUDES"], "a list") }
        var known: [String: String] = [:]
        // A DPU's databases have the name of their container instead of a namespace; none of them is the host's.
        for (index, include) in includes.enumerated() where include.object?["container_name"]?.string ?? "" == "" {
            let key = "INCLUDES[\(index)].include"
            let path = try text(include.object?["include"], key, "a path")
            known[include.object?["namespace"]?.string ?? ""] = path
        }
        guard let path = known[namespace] ?? known["asic" + namespace] else {
            throw .unknownNamespace(file: file, namespace: namespace, known: known.keys.sorted())
        }
        return FilePath.sibling(path, of: file)
    }

    /// All databases, by their names.
    func endpoints() throws(DatabaseMapError) -> [String: DatabaseEndpoint] {
        let instances = try object("INSTANCES")
        var endpoints: [String: DatabaseEndpoint] = [:]
        for (name, entry) in try object("DATABASES") {
            let key = "DATABASES.\(name)"
            guard let entry = entry.object else { throw bad(key, entry, "an object") }
            let instance = try text(entry["instance"], "\(key).instance", "the name of an instance")
            guard let server = instances[instance]?.object else {
                throw bad("\(key).instance", entry["instance"], "one of INSTANCES")
            }
            endpoints[name] = DatabaseEndpoint(
                address: try address(server, key: "INSTANCES.\(instance)"),
                id: try number(entry["id"], "\(key).id", 0...65535),
                separator: try text(entry["separator"], "\(key).separator", "a separator", limit: 8))
        }
        return endpoints
    }
}

extension DatabaseDocument {
    /// The Unix socket if one is named, else TCP.
    private func address(
        _ server: [String: JSONValue], key: String
    ) throws(DatabaseMapError) -> DatabaseEndpoint.Address {
        if let socket = server["unix_socket_path"], socket != .string("") {
            let path = try text(socket, "\(key).unix_socket_path", "a path of at most 107 bytes", limit: 107)
            return .unix(path: path)
        }
        return .tcp(
            host: try text(server["hostname"], "\(key).hostname", "a host"),
            port: try number(server["port"], "\(key).port", 1...65535))
    }

    private func object(_ key: String) throws(DatabaseMapError) -> [String: JSONValue] {
        guard let object = members[key]?.object else { throw bad(key, members[key], "an object") }
        return object
    }

    private func text(
        _ value: JSONValue?, _ key: String, _ expected: String, limit: Int = 255
    ) throws(DatabaseMapError) -> String {
        guard let text = value?.string, (1...limit).contains(text.utf8.count), !text.utf8.contains(0) else {
            throw bad(key, value, expected)
        }
        return text
    }

    private func number(
        _ value: JSONValue?, _ key: String, _ range: ClosedRange<Int>
    ) throws(DatabaseMapError) -> Int {
        guard let number = value?.integer, range.contains(number) else {
            throw bad(key, value, "a number \(range.lowerBound)...\(range.upperBound)")
        }
        return number
    }

    private func bad(_ key: String, _ value: JSONValue?, _ expected: String) -> DatabaseMapError {
        .badValue(file: file, key: key, value: value?.text ?? "nothing", expected: expected)
    }
}
