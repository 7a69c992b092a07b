import Domain
import Foundation
import HTTPAPI
import Testing

/// Commands that ask an agent's HTTP API, and the live screen in a terminal.
@Suite(
    "The command line from afar and in a terminal", .enabled(if: canRunAgent, "needs root, namespaces and redis-server")
)
struct RemoteCommandTests {
    private static let url = "http://127.0.0.1:8080"

    /// What a command printed on standard error goes to the agent's log; no database is near.
    private func command(
        _ agent: AgentUnderTest, _ arguments: [String], _ more: [String: String] = [:]
    ) async throws -> (code: Int32, output: String) {
        let nowhere = ["TELEGEN_DB": "sonic", "TELEGEN_DB_CONFIG": "/nowhere"]
        return try await agent.command(arguments, environment: nowhere.merging(more) { $1 })
    }

    @Test("start, status, results and stop through the API say what the databases would")
    func life() async throws {
        try await AgentUnderTest.run { agent in
            try await eventually("it listens") { agent.log.contains("listening on") }
            let started = try await command(agent, ["start", "Ethernet0", "--job", "web", "--url", Self.url])
            #expect(started.output == "web: starting on Ethernet0\n" && started.code == 0)
            try await agent.wait("web", is: "running")
            let sent = try await agent.send(100)
            try await agent.wait("web", hasCounted: sent.packets)
            let there = ["TELEGEN_URL": Self.url]
            for arguments in [["status", "web"], ["results", "web"]] {
                let (near, far) = (try await agent.command(arguments), try await command(agent, arguments, there))
                func lines(_ text: String) -> [Substring] {
                    // The heartbeat and the window go on; the API has no parse errors apart.
                    text.split(separator: "\n").filter { !$0.contains("heartbeat") && !$0.contains("upper bounds") }
                        .map { $0.prefix { $0 != "," } }
                }
                #expect(far.code == 0 && lines(far.output) == lines(near.output))
            }
            let json = try JSON(Array(try await command(agent, ["status", "--json"], there).output.utf8))
            #expect(json.array("jobs").first?["oper_status"] == "running" && json["agent"]?["version"] != nil)
            let stopped = try await command(agent, ["stop", "web"], there)
            #expect(stopped.output == "web: stopped\n")
            try await agent.wait("web", is: "disabled")
        }
    }

    @Test("a token comes from a file or the environment; what is refused, or away, ends with 1 and says why")
    func tokens() async throws {
        try await withTemporaryFolder { folder in
            let token = Tokens.random()
            try Data("read-only \(Tokens.hash(of: token))\n".utf8).write(to: URL(filePath: folder + "/tokens"))
            try Data("\(token)\n".utf8).write(to: URL(filePath: folder + "/token"))
            let socket = folder + "/api.sock"
            let environment = ["TELEGEN_TOKENS": folder + "/tokens", "TELEGEN_LISTEN": "unix:\(socket)"]
            try await AgentUnderTest.run(environment) { agent in
                try await eventually("it listens") { agent.log.contains("listening on") }
                let there = ["--url", "unix:\(socket)"]
                let file = there + ["--token-file", folder + "/token"]
                #expect(try await command(agent, ["status"] + file).code == 0)
                #expect(try await command(agent, ["status"] + there, ["TELEGEN_TOKEN": token]).code == 0)
                for (arguments, reason) in [
                    (["status"] + there, "a token is needed"),
                    (["start", "Ethernet0"] + file, "this token may only look"),
                    (["results", "web"] + file, "no job web"),
                    (["status", "--url", "http://127.0.0.1:9"], "http://127.0.0.1:9 does not answer"),
                    (["status", "--url", "unix:/nowhere.sock"], "does an agent listen there?"),
                    (["status"] + there + ["--token-file", folder + "/none"], "No such file"),
                ] {
                    let result = try await command(agent, arguments)
                    #expect(result.code == 1 && result.output.isEmpty && agent.log.contains(reason), "\(arguments)")
                }
                #expect(try await command(agent, ["status", "--url", "nonsense"]).code == 2)
                #expect(try await command(agent, ["status", "--token-file", "x"]).code == 2)
            }
        }
    }

    @Test("top is live in a terminal, which is as before afterwards; elsewhere it is text, or lines of JSON")
    func top() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("web", ["port": "Ethernet0"])
            try await agent.wait("web", is: "running")
            let sent = try await agent.send(100)
            try await agent.wait("web", hasCounted: sent.packets)
            let text = try await agent.command(["top", "--count", "2", "--interval", "0.2"])
            #expect(text.code == 0 && text.output.components(separatedBy: "web  Ethernet0  ingress").count == 3)
            #expect(!text.output.contains("\u{1B}"))
            let json = try await agent.command(["top", "--count", "3", "--interval", "0.2", "--json"])
            let looks = try json.output.split(separator: "\n").map { try JSON(Array($0.utf8)) }
            #expect(looks.count == 3)
            #expect(looks.allSatisfy { $0.array("jobs").first?["packets"] == .integer(Int64(sent.packets)) })

            let screen = try await agent.inTerminal(
                [AgentUnderTest.program, "top", "--interval", "0.2"], keys: ["\r", "q"], until: ["> web", "ipv4 "])
            let (begin, end) = (
                screen.firstRange(of: "\u{1B}[?1049h"), screen.firstRange(of: "\u{1B}[?25h\u{1B}[?1049l")
            )
            let drawn = try screen[#require(begin).upperBound..<#require(end).lowerBound]
            #expect(drawn.contains("\(sent.packets) packets"))
        }
    }

    @Test("completion scripts are the shells', and know the jobs")
    func completions() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("web", ["port": "Ethernet0"])
            try await agent.wait("web", is: "running")
            for (shell, line) in [("bash", "complete -o filenames -F"), ("zsh", "#compdef"), ("fish", "complete -c")] {
                let script = try await agent.command(["completions", shell])
                #expect(script.code == 0 && script.output.contains(line), "\(shell)")
                #expect(script.output.contains("telegen-sonic status --names"), "\(shell)")
            }
            #expect(try await agent.command(["status", "--names"]).output == "web\n")
            #expect(try await agent.command(["completions", "ksh"]).code == 2)
        }
    }
}

extension AgentUnderTest {
    /// Runs a command in a terminal by script(1); presses each key when its text is there, and answers all that was drawn.
    fileprivate func inTerminal(_ command: [String], keys: [String], until texts: [String]) async throws -> String {
        let (drawn, input) = (folder + "/typescript", Pipe())
        let process = try spawn(
            command: ["script", "-qfec", command.joined(separator: " "), drawn], input: input,
            more: ["LANG": "C.UTF-8", "TERM": "xterm"])
        defer { kill(process.processIdentifier, SIGKILL) }
        func screen() -> String { (try? String(contentsOfFile: drawn, encoding: .utf8)) ?? "" }
        for (key, text) in zip(keys, texts) {
            try await eventually("the screen shows \(text)") { screen().contains(text) }
            try input.fileHandleForWriting.write(contentsOf: Data(key.utf8))
        }
        try await eventually("it ends") { !process.isRunning }
        return screen()
    }
}
