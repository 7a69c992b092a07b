import ArgumentParser
import FoundationEssentials
import Glibc

/// Measures what the project costs on this machine.
@main
struct TelegenBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telegen-bench",
        abstract: "Measures what the packet path, its handling, the doors and exporting cost here. Needs root.",
        subcommands: [Packets.self, Programs.self, Readout.self, Swap.self, Copies.self, Requests.self, Export.self])
}

/// How a command says what it has found.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    func print(_ report: some Encodable & CustomStringConvertible) throws {
        guard json else { return Swift.print(report) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        Swift.print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}

/// A call to the kernel that failed.
struct BenchFailure: Error, CustomStringConvertible {
    let operation: String
    /// A positive errno.
    let code: Int32
    var detail = ""

    var description: String { "\(operation): \(String(cString: strerror(code))) \(detail)" }
}

/// Answers the status of a call that says -errno when it fails.
@discardableResult
func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(BenchFailure) -> Int32 {
    guard status < 0 else { return status }
    throw BenchFailure(operation: operation(), code: -status)
}
