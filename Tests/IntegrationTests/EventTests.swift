import Foundation
import Glibc
import HTTPAPI
import Testing

@Suite("Events of the agent's jobs", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct EventTests {
    @Test("a client hears who it is, of every job, of each change and of its end; and the stream ends with the agent")
    func stream() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("first", ["port": "Ethernet0"])
            try await agent.wait("first", is: "running")
            let events = try await agent.events()
            try await eventually("it knows of the first") {
                events().last { $0.name == "job" }?.data["job_id"] == "first"
            }
            #expect(events().first?.name == "hello" && events().first?.data["role"] == "operator")

            let sent = try await agent.send(100)
            try await eventually("it hears of the packets") {
                events().last?.data["packets"] == .integer(Int64(sent.packets))
            }
            try await agent.write("second", ["port": "Ethernet4"])
            try await eventually("it hears of another one") {
                events().contains { $0.data["job_id"] == "second" && $0.data["status"] == "waiting" }
            }
            let before = events().count
            try await agent.delete("second")
            try await eventually("it hears of the end") {
                events().dropFirst(before).contains { $0.name == "removed" && $0.data["job_id"] == "second" }
            }
            #expect(try await agent.end(SIGTERM) == 0)
            #expect(agent.log.contains("ended"))
        }
    }

    @Test("who stands in the line of too many listeners is told so, and those who leave make room")
    func crowd() async throws {
        try await AgentUnderTest.run { agent in
            // Some more than there is room for: whoever asks in between takes a place for a moment.
            let listeners = try (0..<72).map { _ in try agent.listen(to: "/dev/null") }
            let ask = "curl -s --max-time 1 -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/jobs/events || true"
            func status() async throws -> String { try await agent.namespace.run(["sh", "-c", ask]) }
            try await eventually("there is no room") { try await status() == "429" }
            for listener in listeners { kill(listener.processIdentifier, SIGKILL) }
            try await eventually("there is room again") { try await status() == "200" }
        }
    }
}

/// A server-sent event.
struct ServerEvent: Sendable {
    let name: String
    let data: JSON

    static func read(_ text: String) -> [ServerEvent] {
        text.components(separatedBy: "\n\n").dropLast().compactMap { part in
            let lines = part.split(separator: "\n")
            func value(_ field: String) -> Substring? {
                lines.first { $0.hasPrefix(field + ": ") }?.dropFirst(field.count + 2)
            }
            guard let name = value("event"), let data = value("data") else { return nil }
            return (try? JSON(Array(data.utf8))).map { ServerEvent(name: String(name), data: $0) }
        }
    }
}

extension AgentUnderTest {
    /// A client of `/jobs/events` that writes what it hears into a file; ends with the test's agent.
    fileprivate func listen(to path: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/nsenter")
        process.arguments = [
            "--net=\(namespace.path)", "curl", "-sSN", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
            "-o", path, "http://127.0.0.1:8080/jobs/events",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// What a client hears from now on.
    fileprivate func events() async throws -> () -> [ServerEvent] {
        let path = folder + "/events"
        _ = try listen(to: path)
        return { ServerEvent.read((try? String(contentsOfFile: path, encoding: .utf8)) ?? "") }
    }
}
