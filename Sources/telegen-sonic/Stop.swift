import ArgumentParser
import HTTPAPI

struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop a job: set its row's admin_state down; its numbers stay readable.")

    @Argument(help: "The job's name.", completion: .job)
    var job: String?

    @Option(name: .customLong("job"), help: .hidden)
    var jobOption: String?

    @Flag(help: "Remove the row, and with it the numbers.")
    var delete = false

    @OptionGroup var door: DoorOptions

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (job == nil) != (jobOption == nil) else { throw ValidationError("give one job") }
    }

    func run() async throws {
        let name = job ?? jobOption ?? ""
        try await ask(door, json: json) { jobs in
            delete ? try await jobs.remove(name) : try await jobs.stop(name)
        } text: {
            "\($0.text("job_id")): \(delete ? "removed" : "stopped")"
        }
    }
}
