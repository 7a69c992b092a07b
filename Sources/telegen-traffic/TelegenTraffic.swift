import ArgumentParser
import Glibc
import Traffic

/// Sends traffic whose numbers are known exactly.
@main
struct TelegenTraffic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telegen-traffic",
        abstract: "Sends packets through an interface and says exactly what a correct counter must count.",
        subcommands: [Send.self, List.self])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            fail(error)
        }
    }

    /// As `exit(withError:)`, but a usage error is 2, as it is for the agent.
    private static func fail(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        guard code == .validationFailure else { exit(withError: error) }
        Output.error(fullMessage(for: error))
        Glibc.exit(2)
    }
}

/// Writes whole texts and a newline, whatever the size.
enum Output {
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    /// False, and `errno` is set, when not all of it could be written.
    @discardableResult
    static func write(_ text: String, to fd: Int32) -> Bool {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }
}
