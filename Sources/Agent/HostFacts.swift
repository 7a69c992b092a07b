import Glibc
import OTLP
import SonicDB

/// What this machine says of itself.
enum HostFacts {
    /// `/proc/sys/kernel/osrelease`.
    static var kernel: String { line("/proc/sys/kernel/osrelease") ?? "" }

    /// The UUID of this boot; nil when /proc is not there.
    static var bootID: String? { line("/proc/sys/kernel/random/boot_id") }

    /// Resident memory in bytes (proc_pid_statm(5)).
    static var residentBytes: Int {
        let pages = line("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (pages ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// OpenTelemetry's resource attributes (semantic conventions 1.44), with what SONiC says of the device.
    static func resource(instanceID: String, version: String, metadata: [String: String]) -> [Attribute] {
        var name = utsname()
        uname(&name)
        let facts: [(String, String?)] = [
            ("service.version", version), ("service.instance.id", instanceID),
            ("host.name", metadata["hostname"] ?? text(name.nodename)), ("host.id", line("/etc/machine-id")),
            ("host.arch", architecture(text(name.machine))), ("os.type", "linux"),
            ("os.version", sonicVersion ?? text(name.release)),
            ("device.manufacturer", metadata["platform"].flatMap(manufacturer(ofPlatform:))),
            ("device.model.identifier", metadata["platform"]), ("device.model.name", metadata["hwsku"]),
            ("telemetry.sdk.name", "telegen-sonic"), ("telemetry.sdk.language", "swift"),
            ("telemetry.sdk.version", version),
        ]
        return facts.compactMap { key, value in value.map { Attribute(key, $0) } }
    }

    /// The vendor in a SONiC platform's name: `x86_64-dell_s6000_s1220-r0` is of `dell`.
    static func manufacturer(ofPlatform platform: String) -> String? {
        let parts = platform.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let vendor = parts[1].split(separator: "_").first, parts[1].contains("_") else {
            return nil
        }
        return String(vendor)
    }

    /// The names of `host.arch`, which differ from the kernel's.
    private static func architecture(_ machine: String) -> String {
        switch machine {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        default: machine
        }
    }

    /// `build_version: '…'` of SONiC's image.
    private static var sonicVersion: String? {
        let key = "build_version:"
        guard let text = contents("/etc/sonic/sonic_version.yml"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) })
        else { return nil }
        return String(line.dropFirst(key.count).drop { $0 == " " || $0 == "'" }.prefix { $0 != "'" })
    }

    private static func text<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func line(_ path: String) -> String? {
        contents(path).flatMap { $0.split(separator: "\n").first }.map { String($0) }
    }

    /// A file's text, of at most `limit` bytes; nil when it cannot be read.
    static func contents(_ path: String, limit: Int = 65536) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
