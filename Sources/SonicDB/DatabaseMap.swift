import Glibc

/// SONiC's map of databases: which server holds each, under which number, with which separator.
public struct DatabaseMap: Sendable, Hashable {
    /// By name, such as `CONFIG_DB`.
    public let endpoints: [String: DatabaseEndpoint]

    init(endpoints: [String: DatabaseEndpoint]) { self.endpoints = endpoints }

    /// Reads `database_config.json`.
    ///
    /// - Parameters:
    ///   - path: the file; also `database_global.json`, whose `INCLUDES` are followed (relative to that file).
    ///   - namespace: of a multi-ASIC system, such as `asic0` (or its number): looked up in the `database_global.json`
    ///     at or beside `path`. Nil: the host's databases. In an ASIC's container there is none: SONiC mounts that
    ///     instance's own folder at /var/run/redis (docker_image_ctl.j2), and `path` is its file.
    public init(contentsOf path: String, namespace: String? = nil) throws(DatabaseMapError) {
        let global = Self.globalFile(at: path)
        let isAmongOthers = namespace != nil && access(global, F_OK) == 0
        let document = try DatabaseDocument(file: isAmongOthers ? global : path)
        guard isAmongOthers || document.hasIncludes else {
            self.init(endpoints: try document.endpoints())
            return
        }
        let include = try document.include(of: namespace ?? "")
        self.init(endpoints: try DatabaseDocument(file: include).endpoints())
    }

    /// The contents of one or more `database_config.json`; of databases with one name the last counts.
    public init(json: [UInt8]...) throws(DatabaseMapError) {
        var endpoints: [String: DatabaseEndpoint] = [:]
        for bytes in json {
            let document = try DatabaseDocument(json: bytes, file: "database_config.json")
            endpoints.merge(try document.endpoints()) { $1 }
        }
        self.init(endpoints: endpoints)
    }

    /// The databases that the agent needs, on one server with SONiC's usual numbers and separators.
    public static func privateServer(socket: String) -> DatabaseMap {
        func endpoint(_ id: Int, _ separator: String) -> DatabaseEndpoint {
            DatabaseEndpoint(address: .unix(path: socket), id: id, separator: separator)
        }
        return DatabaseMap(endpoints: [
            "APPL_DB": endpoint(0, ":"), "COUNTERS_DB": endpoint(2, ":"),
            "CONFIG_DB": endpoint(4, "|"), "STATE_DB": endpoint(6, "|"),
        ])
    }

    public func endpoint(of database: String) throws(DatabaseMapError) -> DatabaseEndpoint {
        guard let endpoint = endpoints[database] else {
            throw .unknownDatabase(name: database, known: endpoints.keys.sorted())
        }
        return endpoint
    }

    private static func globalFile(at path: String) -> String {
        let name = "database_global.json"
        return path == name || path.hasSuffix("/" + name) ? path : FilePath.sibling(name, of: path)
    }
}
