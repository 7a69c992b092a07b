import Agent
import ArgumentParser
import HTTPAPI

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell whether this machine is fit for the agent, and what to do where it is not.",
        discussion: """
            Looks at what `run` with this environment and these rights would need, changes nothing, and leaves an agent \
            that runs alone. Ends with 1 when something fails; warnings are no failure.
            """)

    @Option(help: "Seconds that it may take, 1 to 600; what is not known by then is told as such.")
    var timeout = 8

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout \(timeout): must be 1 to 600") }
    }

    func run() async throws {
        let fitness = await Fitness.check(Environment.all, within: .seconds(timeout))
        print(json ? fitness.json : fitness.text)
        if !fitness.isFit { throw ExitCode.failure }
    }
}

extension Fitness {
    /// A line for each finding, its remedy below it.
    fileprivate var text: String {
        let lines = Table.lines(findings.map { [$0.status.rawValue, $0.name, $0.found] })
        let told = zip(findings, lines).flatMap { finding, line in
            [line] + (finding.remedy.map { ["      → \($0)"] } ?? [])
        }
        return (told + ["", verdict]).joined(separator: "\n")
    }

    private var verdict: String {
        func count(_ status: Finding.Status) -> Int { findings.count { $0.status == status } }
        let warnings = "\(count(.warn)) warning\(count(.warn) == 1 ? "" : "s")"
        return isFit ? "fit, \(warnings)" : "not fit: \(count(.fail)) of \(findings.count) fail, \(warnings)"
    }

    fileprivate var json: String {
        let checks = findings.map { finding -> JSON in
            [
                "name": .string(finding.name), "status": .string(finding.status.rawValue),
                "found": .string(finding.found), "remedy": JSON(text: finding.remedy),
            ]
        }
        let all: JSON = ["fit": .bool(isFit), "checks": .array(checks)]
        return String(decoding: all.bytes, as: UTF8.self)
    }
}
