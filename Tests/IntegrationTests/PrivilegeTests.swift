import Agent
import Foundation
import Glibc
import Testing

/// What of root's rights a running agent still has, and what it says to who started it.
@Suite("The rights of the agent", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct PrivilegeTests {
    private static let bits = ["netBindService": 10, "netAdmin": 12, "sysAdmin": 21, "perfmon": 38, "bpf": 39]

    /// A line of proc_pid_status(5), of every thread.
    private func lines(_ name: String, of pid: Int32) throws -> Set<String> {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        #expect(threads.count > 1)
        // A thread may end meanwhile.
        let texts = threads.compactMap {
            try? String(contentsOfFile: "/proc/\(pid)/task/\($0)/status", encoding: .utf8)
        }
        return Set(
            texts.compactMap { text in
                text.split(separator: "\n").first { $0.hasPrefix("\(name):") }.map {
                    String($0.split(separator: "\t").last ?? "")
                }
            })
    }

    private func mask(_ names: [String]) -> String {
        let bits = names.reduce(UInt64(0)) { $0 | 1 << UInt64(Self.bits[$1]!) }
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    @Test("started as root it keeps three capabilities in each thread, gains none again, and counts")
    func least() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.send(100)
            try await agent.wait("a", hasCounted: sent.packets)
            let kept = mask(["bpf", "netAdmin", "perfmon"])
            for name in ["CapEff", "CapPrm", "CapBnd"] { #expect(try lines(name, of: agent.pid) == [kept]) }
            for name in ["CapInh", "CapAmb"] { #expect(try lines(name, of: agent.pid) == [mask([])]) }
            #expect(try lines("NoNewPrivs", of: agent.pid) == ["1"])
            #expect(try await agent.row("a")["ns_per_packet"] == "n/a: TELEGEN_MEASURE_COST=true has it measured")
            // Its private redis-server has none.
            let server = try await agent.config.send(["INFO", "server"])
            let text = "\(server)"
            let pid = text.components(separatedBy: "process_id:").last.flatMap { Int32($0.prefix { $0.isNumber }) }
            #expect(try lines("CapEff", of: try #require(pid)) == [mask([])])
        }
    }

    @Test("what is asked for by name keeps the right that it wants: the cost, a port below 1024")
    func more() async throws {
        let environment = ["TELEGEN_MEASURE_COST": "true", "TELEGEN_LISTEN": "127.0.0.1:443"]
        try await AgentUnderTest.run(environment) { agent in
            try await eventually("it listens") { agent.log.contains("listening on 127.0.0.1:443") }
            let kept = mask(["bpf", "netAdmin", "perfmon", "sysAdmin", "netBindService"])
            #expect(try lines("CapEff", of: agent.pid) == [kept])
        }
    }

    @Test("systemd hears that it is ready, how it is, and that it ends")
    func serviceManager() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/notify"
            let receiver = try NotifySocket(path)
            defer { receiver.stop() }
            let environment = ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "600000"]
            try await AgentUnderTest.run(environment) { agent in
                try await agent.write("a", ["port": "Ethernet0"])
                try await agent.wait("a", is: "running")
                var heard: [String] = []
                try await eventually("it says how it is") {
                    heard += receiver.received()
                    return heard.contains { $0.contains("STATUS=1 jobs, 1 running") }
                }
                #expect(heard.first == "READY=1")
                #expect(heard.dropFirst().allSatisfy { $0.hasPrefix("WATCHDOG=1\nSTATUS=") })
                try await agent.end(SIGTERM)
                #expect(receiver.received().last == "STOPPING=1")
            }
        }
    }
}

/// The end of a socket that systemd has.
private struct NotifySocket {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, result == 0 else { throw SocketFailure(number: errno) }
    }

    /// Everything that has come.
    func received() -> [String] {
        var messages: [String] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 {
            messages.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
        return messages
    }

    func stop() { close(descriptor) }
}
