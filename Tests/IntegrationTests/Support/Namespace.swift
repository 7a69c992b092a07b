import Glibc
import Subprocess
import Traffic

/// Whether tests may make network namespaces. TELEGEN_REQUIRE_ALL=1 says that they have to.
let canUseNamespaces = getuid() == 0 || getenv("TELEGEN_REQUIRE_ALL").map { String(cString: $0) } == "1"

/// Runs `body` with a network namespace of its own, which is removed whatever happens.
func withNamespace<Result>(_ body: (Namespace) async throws -> Result) async throws -> Result {
    let namespace = try await Namespace.make()
    do {
        let result = try await body(namespace)
        await namespace.remove()
        return result
    } catch {
        await namespace.remove()
        throw error
    }
}

/// A network namespace in which nothing speaks but the test.
struct Namespace: Sendable {
    let name: String

    /// What `nsenter` and `NetworkNamespace.inside` want.
    var path: String { "/run/netns/\(name)" }

    /// A new one, without IPv6's autoconfiguration, its loopback down.
    static func make() async throws -> Namespace {
        let namespace = Namespace(name: "telegen-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        _ = try await output(of: ["ip", "netns", "add", namespace.name])
        do {
            let quiet = ["all", "default"].map { "net.ipv6.conf.\($0).disable_ipv6=1" }
            _ = try await namespace.run(["sysctl", "-qw"] + quiet)
        } catch {
            await namespace.remove()
            throw error
        }
        return namespace
    }

    /// Two connected interfaces, up, with the kernel's default features, without ARP and multicast.
    func addVeth(_ interface: String, peer: String, mtu: Int = 9000) async throws {
        let size = ["mtu", "\(mtu)"]
        _ = try await run(["ip", "link", "add", interface] + size + ["type", "veth", "peer", "name", peer] + size)
        for end in [interface, peer] {
            _ = try await run(["ip", "link", "set", end, "arp", "off", "multicast", "off"])
        }
        for end in [interface, peer] { _ = try await run(["ip", "link", "set", end, "up"]) }
    }

    /// `command` as it is to be run from outside. Unlike `ip netns exec` it leaves /sys/fs/bpf in sight.
    func command(_ command: [String]) -> [String] { ["nsenter", "--net=\(path)"] + command }

    /// Runs `command` in here and returns its standard output.
    func run(_ command: [String], deadline: Duration = .seconds(30).stretched) async throws -> String {
        try await output(of: self.command(command), deadline: deadline)
    }

    /// Runs `body` with its thread in here.
    func inside<Result>(_ body: () throws -> Result) throws -> Result { try NetworkNamespace.inside(path, body) }

    /// In a task of its own, so that it also happens in a cancelled test.
    func remove() async {
        _ = try? await Task { try await output(of: ["ip", "netns", "del", name]) }.value
    }
}

/// A command that did not succeed.
struct CommandFailure: Error, CustomStringConvertible {
    let command: [String]
    let reason: String
    var description: String { "\(command.joined(separator: " ")): \(reason)" }
}

/// Runs `command` and returns its standard output, up to 4 MiB; kills it at the deadline.
func output(of command: [String], deadline: Duration = .seconds(30).stretched) async throws -> String {
    try await withThrowingTaskGroup(of: String.self) { group in
        group.addTask {
            let result = try await Subprocess.run(
                .name(command[0]), arguments: Arguments(Array(command.dropFirst())), output: .string(limit: 4 << 20),
                error: .string(limit: 1 << 20))
            guard result.terminationStatus.isSuccess else {
                throw CommandFailure(command: command, reason: "\(result.terminationStatus): \(result.standardError)")
            }
            return result.standardOutput
        }
        group.addTask {
            try await Task.sleep(for: deadline)
            throw CommandFailure(command: command, reason: "did not end within \(deadline)")
        }
        defer { group.cancelAll() }
        guard let output = try await group.next() else { throw CancellationError() }
        return output
    }
}
