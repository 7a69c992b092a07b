import ArgumentParser

struct Programs: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "How large the programs are, and how quickly they load.")

    @Option(help: "How often each is loaded.")
    var rounds = 5

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is 1 or more") }
    }

    func run() throws {
        let family = try Family()
        let machine = Machine.here
        let programs = try Family.programs.map { name in
            let instances = try (0..<rounds).map { _ in try family.load(name) }
            return ProgramsReport.Program(
                name: name, loadMilliseconds: Spread(instances.map(\.loadTime)),
                instructions: try Instructions(of: instances[0]))
        }
        try output.print(ProgramsReport(machine: machine, programs: programs))
    }
}

struct ProgramsReport: Encodable, CustomStringConvertible {
    struct Program: Encodable {
        let name: String
        let loadMilliseconds: Spread
        let instructions: Instructions
    }

    let machine: Machine
    let programs: [Program]
    let goals: [Goal]

    init(machine: Machine, programs: [Program]) {
        self.machine = machine
        self.programs = programs
        let calls = Double(programs[0].instructions.mainHelperCalls)
        goals = [
            Goal(
                name: "helper calls of \(programs[0].name)'s main path, Linux 6.10",
                value: Spread(minimum: calls, median: calls), limit: 0, unit: "")
        ]
    }

    var description: String {
        let columns = ["load ms", "verified", "translated", "bytes", "helper calls", "subprograms", "their calls"]
        let header = "".left(18) + columns.map { $0.right(14) }.joined()
        let rows = programs.map { program in
            let code = program.instructions
            let numbers = [
                code.verified, code.translated, code.compiled, code.mainHelperCalls, code.subprograms,
                code.otherHelperCalls,
            ]
            return program.name.left(18) + program.loadMilliseconds.text(digits: 1).right(14)
                + numbers.map { "\($0)".right(14) }.joined()
        }
        return (["\(machine)", "", header] + rows + [""] + goals.map(\.description)).joined(separator: "\n")
    }
}
