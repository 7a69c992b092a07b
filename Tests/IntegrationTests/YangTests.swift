import Foundation
import Testing

/// The YANG model as libyang sees it: Debian's yanglint validates whole configurations against it, with stand-ins for
/// SONiC's own models beside it.
@Suite(.enabled(if: yanglintIsInstalled, "needs yanglint: apt-get install libyang-tools"))
struct YangTests {
    @Test(arguments: Yanglint.configurations("good"))
    func `A good configuration validates`(name: String) throws {
        let (status, output) = try Yanglint.validate("good", name)
        #expect(status == 0, "\(output)")
    }

    @Test(arguments: reasons.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    func `A bad configuration is refused for its own reason`(name: String, reason: String) throws {
        let (status, output) = try Yanglint.validate("bad", name)
        #expect(status != 0)
        #expect(output.contains(reason))
    }

    @Test func `There is a reason for each bad configuration`() {
        #expect(Set(Yanglint.configurations("bad")) == Set(Self.reasons.keys))
        #expect(Yanglint.configurations("good").count > 3)
    }

    private static let netdev = "must be a netdev name (1 to 15 letters"
    private static let ports = "must be 0 to 65535, or a range such as 1000-2000"
    private static let greType = "must be 0 to 65535, in decimal or hexadecimal"
    private static let time = "must be a time in UTC such as"
    private static let text = "must be at most 255 bytes without control characters"

    /// Our message where the model has one, libyang's where not.
    private static let reasons: [String: String] = [
        "no-port": #"Mandatory node "port" instance does not exist"#,
        "absent-port": #"Invalid union value "Ethernet4""#,
        "absent-portchannel": #"Invalid union value "PortChannel2""#,
        "port-with-two-dots": #"Invalid union value "a..b""#,
        "name-with-space": "must be a job name (1 to 64 letters",
        "unknown-field": #"Node "zeal" not found"#,
        "direction-sideways": #"Invalid enumeration value "sideways""#,
        "key-1024": "must be 0 to 1023",
        "device-name-too-long": netdev,
        "device-name-with-two-dots": netdev,
        "remote-ipv6": "Unsatisfied pattern",
        "ttl-0": "must be 1 to 255",
        "tos-256": "must be inherit, or 0 to 255",
        "version-3": "must be 1 to 2",
        "truncate-63": "must be 64 to 9216",
        "pps-0": "must be 1 to 10000000",
        "gre-type-65536": greType,
        "gre-type-five-digits": greType,
        "sample-rate-0": "must be 1 to 16777216",
        "vlan-4095": "must be 1 to 4094",
        "vlan-twice": #"Duplicate instance of "vlan""#,
        "vlan-65-times": #"Too many "vlan" instances"#,
        "protocol-upper-case": "must be a protocol such as tcp, or 0 to 255",
        "dscp-64": "must be 0 to 63",
        "source-port-65536": ports,
        "source-ports-backwards": ports,
        "destination-ports-backwards": ports,
        "prefix-too-long": "Invalid union value",
        "two-families": "src_prefix: must be of the family of dst_prefix",
        "unknown-detail": #"Invalid enumeration value "latency""#,
        "top-flows-1025": "must be 1 to 1024",
        "expires-without-zone": time,
        "expires-month-13": time,
        "export-yes": #"Invalid enumeration value "yes""#,
        "description-control": text,
        "description-too-long": text,
        "origin-cli": #"Invalid enumeration value "cli""#,
        "hardware-mirror-without-sink": "sink_port: must be given when mirror_mode is asic",
        "interval-0": "must be 1 to 3600",
        "status-interval-301": "must be 1 to 300",
        "max-jobs-0": "must be 1 to 4096",
        "endpoint-ftp": "must be host:port or an http(s) URL",
        "transport-thrift": #"Invalid enumeration value "thrift""#,
        "unknown-setting": #"Node "zeal" not found"#,
        "agent-state-on": #"Invalid enumeration value "on""#,
    ]
}

/// True too where nothing may be left out: then the missing tool fails the tests.
let yanglintIsInstalled =
    FileManager.default.isExecutableFile(atPath: Yanglint.path)
    || ProcessInfo.processInfo.environment["TELEGEN_REQUIRE_ALL"] == "1"

/// Debian's yanglint, and the files that it works on.
private enum Yanglint {
    static let path = "/usr/bin/yanglint"

    private static let repository = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    /// The names, without `.json`, in a folder of `Tests/yang`.
    static func configurations(_ folder: String) -> [String] {
        let files = try? FileManager.default.contentsOfDirectory(
            at: repository.appending(path: "Tests/yang/\(folder)"), includingPropertiesForKeys: nil)
        return (files ?? []).map { $0.deletingPathExtension().lastPathComponent }.sorted()
    }

    /// Exit status, and everything that was printed.
    static func validate(_ folder: String, _ name: String) throws -> (Int32, String) {
        let files = [
            "yang/sonic-telegen.yang", "Tests/yang/models/sonic-port.yang", "Tests/yang/\(folder)/\(name).json",
        ]
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments =
            ["-t", "config", "-p", repository.appending(path: "Tests/yang/models").path]
            + files.map { repository.appending(path: $0).path }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
