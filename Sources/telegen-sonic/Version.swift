import Agent
import ArgumentParser
import HTTPAPI

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what this program was built from.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() {
        let build = BuildInfo.stamped
        let object: JSON = [
            "version": .string(build.version), "commit": .string(build.commit), "build_date": .string(build.date),
        ]
        print(
            json
                ? String(decoding: object.bytes, as: UTF8.self) : build.text)
    }
}
