import Glibc
import Testing
import Traffic

/// A collector of copies: a namespace behind the agent's port u0, with the kernel's own ERSPAN devices as receivers.
struct Collector {
    static let agentAddress = "192.0.2.10"
    static let address = "192.0.2.100"

    let namespace: Namespace

    /// What a job's row says to have its copies sent here.
    static func fields(key: Int, _ more: [String: String] = [:]) -> [String: String] {
        [
            "port": "Ethernet0", "mirror_mode": "erspan", "erspan_remote": address, "erspan_local": agentAddress,
            "erspan_key": "\(key)",
        ].merging(more) { $1 }
    }

    /// A device at the other end of a tunnel, and who hears what comes out of it.
    func listen(key: Int, version: Int = 2, direction: String = "ingress") async throws -> Receiver {
        let details = version == 1 ? ["erspan", "1"] : ["erspan_dir", direction, "erspan_hwid", "0"]
        let device = "mon\(key)"
        _ = try await namespace.run(
            ["ip", "link", "add", device, "mtu", "9150", "type", "erspan", "seq", "key", "\(key)"]
                + ["local", Self.address, "remote", Self.agentAddress, "erspan_ver", "\(version)"] + details)
        _ = try await namespace.run(["ip", "link", "set", device, "up"])
        return try namespace.inside { try Receiver(interface: device) }
    }
}

extension AgentUnderTest {
    /// Runs `body` with a collector on the way of the agent's copies.
    func withCollector(mtu: Int = 9216, _ body: (Collector) async throws -> Void) async throws {
        try await withNamespace { other in
            let size = ["mtu", "\(mtu)"]
            _ = try await namespace.run(
                ["ip", "link", "add", "u0"] + size + ["type", "veth", "peer", "name", "u1", "netns", other.name] + size)
            for (place, device, address) in [
                (namespace, "u0", Collector.agentAddress), (other, "u1", Collector.address),
            ] {
                _ = try await place.run(["ip", "address", "add", address + "/24", "dev", device])
                _ = try await place.run(["ip", "link", "set", device, "up"])
            }
            try await eventually("u0 has its carrier") {
                try await namespace.run(["ip", "link", "show", "u0"]).contains("state UP")
            }
            try await body(Collector(namespace: other))
        }
    }

    /// What the job's row of STATE_DB says of its copies: sent, failed, suppressed.
    func copies(_ job: String, _ direction: String = "ingress") async throws -> [UInt64?] {
        let row = try await statistics(job, direction)
        return ["sent", "failed", "suppressed"].map { row["copies_\($0)"].flatMap { UInt64($0) } }
    }

    /// The devices of kind erspan in the agent's namespace, one a line, with all that `ip` knows of them.
    func tunnels() async throws -> String {
        try await namespace.run(["ip", "-d", "-o", "link", "show", "type", "erspan"])
    }
}

extension KernelUnderTest {
    /// Whether the kernel has ERSPAN; its module is loaded then, and with it the kernel's own device erspan0 is in every
    /// namespace.
    static let hasERSPAN: Bool = {
        let modprobe = "modprobe -q ip_gre 2>/dev/null || test -e /sys/module/ip_gre"
        return system(modprobe) == 0
    }()
}
