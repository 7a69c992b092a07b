import Agent
import ArgumentParser

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what this program was built from.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() {
        let build = BuildInfo.stamped
        print(
            json
                ? JSON.object(["version": build.version, "commit": build.commit, "build_date": build.date]) : build.text
        )
    }
}
