import ArgumentParser
import HTTPAPI

struct Results: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what a job has measured.")

    @Argument(help: "The job's name.", completion: .job)
    var job: String

    @OptionGroup var door: DoorOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await ask(door, json: json) {
            try await $0.results(job)
        } text: { answer in
            var lines = [
                "\(answer.text("job_id")): \(answer.text("status")), \(answer.text("packets_total")) packets, "
                    + "\(answer.text("bytes_total")) bytes in \(answer.text("window_sec")) s"
            ]
            lines += Self.sizes(answer["sizes"]) + Self.flows(answer.array("top_flows"))
            return lines.joined(separator: "\n")
        }
    }

    /// Packets by class and size, a table for each direction.
    private static func sizes(_ sizes: JSON?) -> [String] {
        guard case .object(let directions)? = sizes else { return [] }
        return directions.sorted { $0.key < $1.key }.flatMap { direction, table in
            let bounds = table.array("bounds").map { "≤\($0.plain)" } + ["more"]
            let rows = ["ipv4", "ipv6", "icmp6", "other"].map { name in
                [name, table[name]?.text("packets") ?? "", table[name]?.text("bytes") ?? ""]
                    + (table[name]?.array("counts").map(\.plain) ?? [])
            }
            return [""] + Table.lines([[direction, "packets", "bytes"] + bounds] + rows)
        }
    }

    private static func flows(_ flows: [JSON]) -> [String] {
        guard !flows.isEmpty else { return [] }
        let rows = flows.map { flow in ["five_tuple", "direction", "pkts", "bytes"].map { flow.text($0) } }
        return [""] + Table.lines([["flow", "direction", "packets", "bytes"]] + rows)
    }
}
