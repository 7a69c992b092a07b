import SonicDB
import Testing

@Suite("The map of databases")
struct DatabaseMapTests {
    @Test("finds server, number and separator of each database, over several instances")
    func endpoints() throws {
        let map = try DatabaseMap(json: Array(typical.utf8))
        let config = try map.endpoint(of: "CONFIG_DB")
        #expect(config.address == .unix(path: "/var/run/redis/redis.sock"))
        #expect(config.id == 4)
        #expect(config.separator == "|")
        #expect(try map.endpoint(of: "APPL_DB").separator == ":")
        #expect(try map.endpoint(of: "BMP_STATE_DB").address == .unix(path: "/var/run/redis/redis_bmp.sock"))
    }

    @Test("takes TCP when the socket's path is empty or missing", arguments: [#""unix_socket_path": "","#, ""])
    func tcp(path: String) throws {
        let json = document(server: #"{\#(path) "hostname": "127.0.0.1", "port": 6380}"#)
        #expect(
            try DatabaseMap(json: Array(json.utf8)).endpoint(of: "CONFIG_DB").address
                == .tcp(host: "127.0.0.1", port: 6380))
    }

    @Test("ignores keys that it does not know")
    func unknownKeys() throws {
        let json = #"""
            {"VERSION": "1.0", "NEW": [1], "INSTANCES": {"redis": {"unix_socket_path": "/s", "on_chassis": true}},
             "DATABASES": {"CONFIG_DB": {"id": 4, "separator": "|", "instance": "redis", "format": "proto"}}}
            """#
        #expect(try DatabaseMap(json: Array(json.utf8)).endpoint(of: "CONFIG_DB").id == 4)
    }

    @Test(
        "names file, key and value of what is wrong",
        arguments: [
            (#"{"port": 0, "hostname": "h"}"#, "INSTANCES.redis.port: 0 is not a number 1...65535"),
            (#"{"port": "x", "hostname": "h"}"#, "INSTANCES.redis.port: “x” is not a number 1...65535"),
            (#"{"port": 1.5, "hostname": "h"}"#, "INSTANCES.redis.port: 1.5 is not a number 1...65535"),
            (#"{"port": 1e300, "hostname": "h"}"#, "INSTANCES.redis.port: 1e+300 is not a number 1...65535"),
            (#"{"port": 6379}"#, "INSTANCES.redis.hostname: nothing is not a host"),
            (#"{"unix_socket_path": 7}"#, "INSTANCES.redis.unix_socket_path: 7 is not a path of at most 107 bytes"),
            ("[]", "DATABASES.CONFIG_DB.instance: “redis” is not one of INSTANCES"),
        ])
    func badServer(server: String, complaint: String) {
        expectError("database_config.json: \(complaint)") {
            try DatabaseMap(json: Array(document(server: server).utf8))
        }
    }

    @Test(
        "refuses bad databases",
        arguments: [
            (#"{"id": -1, "separator": "|", "instance": "redis"}"#, "id: -1 is not a number 0...65535"),
            (#"{"id": true, "separator": "|", "instance": "redis"}"#, "id: true is not a number 0...65535"),
            (#"{"id": 4, "separator": "", "instance": "redis"}"#, "separator: “” is not a separator"),
            (#"{"id": 4, "separator": "|", "instance": "other"}"#, "instance: “other” is not one of INSTANCES"),
        ])
    func badDatabase(entry: String, complaint: String) {
        let json = #"{"INSTANCES": {"redis": {"unix_socket_path": "/s"}}, "DATABASES": {"CONFIG_DB": \#(entry)}}"#
        expectError("database_config.json: DATABASES.CONFIG_DB.\(complaint)") {
            try DatabaseMap(json: Array(json.utf8))
        }
    }

    @Test("refuses what is not JSON, or not an object, or too deep", arguments: ["", "{", "[]", "7", "\u{0}", deep])
    func garbage(json: String) {
        #expect(throws: DatabaseMapError.self) { try DatabaseMap(json: Array(json.utf8)) }
    }

    @Test("refuses a file larger than 1 MiB")
    func large() {
        expectError("database_config.json: larger than 1 MiB") {
            try DatabaseMap(json: [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20 | 1))
        }
    }

    @Test("says which databases there are when one is missing")
    func missing() throws {
        let map = try DatabaseMap(json: Array(document(server: #"{"unix_socket_path": "/s"}"#).utf8))
        expectError("no database STATE_DB in the database configuration (there are: CONFIG_DB)") {
            try map.endpoint(of: "STATE_DB")
        }
    }

    @Test("has SONiC's usual numbers and separators for a private server")
    func privateServer() throws {
        let map = DatabaseMap.privateServer(socket: "/run/x.sock")
        let expected = [("APPL_DB", 0, ":"), ("COUNTERS_DB", 2, ":"), ("CONFIG_DB", 4, "|"), ("STATE_DB", 6, "|")]
        for (name, id, separator) in expected {
            let endpoint = DatabaseEndpoint(address: .unix(path: "/run/x.sock"), id: id, separator: separator)
            #expect(try map.endpoint(of: name) == endpoint)
        }
    }
}

@Suite("The map of databases in files")
struct DatabaseMapFileTests {
    let folder = try! TemporaryFolder()

    @Test("is read from database_config.json")
    func config() throws {
        let file = try folder.write(typical, to: "database_config.json")
        #expect(try DatabaseMap(contentsOf: file).endpoint(of: "STATE_DB").id == 6)
    }

    @Test("of a namespace is what database_global.json beside it includes", arguments: ["asic1", "1"])
    func namespace(_ namespace: String) throws {
        let file = try multiASIC()
        #expect(
            try DatabaseMap(contentsOf: file, namespace: namespace).endpoint(of: "CONFIG_DB").address
                == .unix(path: "/asic1"))
        #expect(
            try DatabaseMap(contentsOf: folder.path + "/sonic-db/database_global.json", namespace: namespace)
                == DatabaseMap(contentsOf: file, namespace: namespace))
    }

    @Test("of the host is what database_global.json includes without a namespace")
    func host() throws {
        let file = try multiASIC()
        let global = folder.path + "/sonic-db/database_global.json"
        #expect(try DatabaseMap(contentsOf: global) == DatabaseMap(contentsOf: file))
    }

    @Test("of an unknown namespace says which there are")
    func unknownNamespace() throws {
        let file = try multiASIC()
        expectError(
            "\(folder.path)/sonic-db/database_global.json: no namespace “asic7” (there are: , asic1)"
        ) { try DatabaseMap(contentsOf: file, namespace: "asic7") }
    }

    @Test("of a namespace is the file itself where there is no database_global.json, as in an ASIC's container")
    func container() throws {
        let file = try folder.write(typical, to: "database_config.json")
        #expect(try DatabaseMap(contentsOf: file, namespace: "0") == DatabaseMap(contentsOf: file))
    }

    @Test("names the file that is missing")
    func missing() {
        expectError("/nowhere/database_config.json: No such file or directory") {
            try DatabaseMap(contentsOf: "/nowhere/database_config.json", namespace: "asic0")
        }
    }

    @Test("does not read a file without end")
    func endless() {
        expectError("/dev/zero: larger than 1048576 bytes") { try DatabaseMap(contentsOf: "/dev/zero") }
    }

    /// A host with one namespace, `asic1`; the path of the host's file.
    private func multiASIC() throws -> String {
        let global = #"""
            {"INCLUDES": [{"include": "database_config.json"}, {"namespace": "asic1", "include": "../a.json"},
             {"container_name": "dpu0", "include": "../dpu.json"}]}
            """#
        _ = try folder.write(global, to: "sonic-db/database_global.json")
        _ = try folder.write(document(server: #"{"unix_socket_path": "/asic1"}"#), to: "a.json")
        return try folder.write(typical, to: "sonic-db/database_config.json")
    }
}

private func document(server: String) -> String {
    #"{"INSTANCES": {"redis": \#(server)}, "DATABASES": {"CONFIG_DB": {"id": 4, "separator": "|", "instance": "redis"}}}"#
}

private let deep = String(repeating: "[", count: 100_000)

/// As SONiC's 202605 branch has it, cut.
private let typical = #"""
    {
        "INSTANCES": {
            "redis": {
                "hostname": "127.0.0.1", "port": 6379, "unix_socket_path": "/var/run/redis/redis.sock",
                "persistence_for_warm_boot": "yes", "database_type": ""
            },
            "redis_bmp": {"hostname": "127.0.0.1", "port": 6400, "unix_socket_path": "/var/run/redis/redis_bmp.sock"}
        },
        "DATABASES": {
            "APPL_DB": {"id": 0, "separator": ":", "instance": "redis"},
            "CONFIG_DB": {"id": 4, "separator": "|", "instance": "redis"},
            "STATE_DB": {"id": 6, "separator": "|", "instance": "redis"},
            "BMP_STATE_DB": {"id": 20, "separator": "|", "instance": "redis_bmp"}
        },
        "VERSION": "1.0"
    }
    """#
