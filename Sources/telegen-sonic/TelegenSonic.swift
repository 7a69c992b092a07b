import Agent
import ArgumentParser
import CBuildStamp
import Glibc

@main
struct TelegenSonic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telegen-sonic",
        abstract: "Traffic telemetry for SONiC: one row in CONFIG_DB counts every packet of a port.",
        version: BuildInfo.stamped.text,
        subcommands: [
            Run.self, Start.self, Stop.self, Status.self, Results.self, Top.self, Check.self, Token.self, Version.self,
            Completions.self, Simulate.self,
        ],
        defaultSubcommand: Run.self)

    /// Exit codes: 0, 1 failed, 2 usage.
    @MainActor
    static func main() async {
        do {
            var command = try parseAsRoot()
            (command as? Run)?.reducePrivileges()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if !text.isEmpty { write(text + "\n", to: code == .success ? STDOUT_FILENO : STDERR_FILENO) }
            Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}

extension BuildInfo {
    /// What the Makefile stamped this program with.
    static let stamped = BuildInfo(
        version: String(cString: telegen_version), commit: String(cString: telegen_commit),
        date: String(cString: telegen_build_date))

    var text: String { "telegen-sonic \(version), commit \(commit), built \(date)" }
}

/// All of a text, to a descriptor; what nobody reads is nobody's loss.
func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}
