import Agent
import ArgumentParser
import Glibc
import HTTPAPI

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the agent says of its jobs, from STATE_DB.",
        discussion: "Works while the agent runs and after it is gone; a stale heartbeat tells the difference.")

    @Argument(help: "Only this job, with its counts by class.", completion: .job)
    var job: String?

    @OptionGroup var door: DoorOptions

    @Flag(help: "Print the names of the jobs alone, a line each.")
    var names = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !json || !names else { throw ValidationError("--json and --names are two ways to print") }
    }

    func run() async throws {
        let view = try await reporting {
            guard door.address != nil else {
                return try await StatusView.read(AgentOptions.fromEnvironment(Environment.all).options, job: job)
            }
            return try await door.withDoor { try await StatusView($0, job: job) }
        }
        print(
            json
                ? view.json : names ? view.jobs.map(\.name.printable).joined(separator: "\n") : view.text.printableLines
        )
        if let job, view.jobs.isEmpty {
            write("telegen-sonic: no job \(job) in STATE_DB: `telegen-sonic status` lists all\n", to: STDERR_FILENO)
            throw ExitCode.failure
        }
    }
}

extension StatusView {
    /// What the HTTP API tells, as STATE_DB would.
    fileprivate init(_ door: any JobDoor, job: String?) async throws {
        guard case .object(let agent) = try await door.agent() else { throw RemoteError("the answer is no agent's") }
        let answers = if let job { [try await door.show(job)] } else { try await door.list().array("jobs") }
        let sizes = if let job { try await door.results(job)["sizes"] } else { JSON?.none }
        self.init(
            agent: agent.mapValues(\.plain), jobs: answers.map { Job($0, statistics: job == nil ? nil : sizes) })
    }

    /// A table, a line a job; one job's classes below it.
    var text: String {
        let columns = ["oper_status", "port", "direction", "mode", "packets", "bytes", "pps", "bps"]
        var rows = [["job"] + columns]
        for job in jobs {
            rows.append([job.name] + columns.map { job.fields[$0].flatMap { $0.isEmpty ? nil : $0 } ?? "-" })
        }
        var lines = [agentLine] + Table.lines(rows)
        for job in jobs {
            if let reason = job.fields["reason"], !reason.isEmpty { lines.append("\(job.name): \(reason)") }
            if let warnings = job.fields["warnings"], !warnings.isEmpty {
                lines.append("\(job.name): warning: \(warnings)")
            }
            lines += job.statistics.sorted { $0.key < $1.key }.flatMap { Self.classes($0.key, $0.value) }
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let objects = jobs.map { job in
            var members = Self.object(job.fields.merging(["job_id": job.name]) { own, _ in own })
            if !job.statistics.isEmpty {
                members["statistics"] = .object(job.statistics.mapValues { .object(Self.object($0)) })
            }
            return JSON.object(members)
        }
        let all: JSON = ["agent": .object(Self.object(agent)), "jobs": .array(objects)]
        return String(decoding: all.bytes, as: UTF8.self)
    }

    private static func object(_ fields: [String: String]) -> [String: JSON] { fields.mapValues { .string($0) } }

    private var agentLine: String {
        guard let version = agent["version"] else { return "no agent has written into this database yet" }
        return "agent \(version), heartbeat \(agent["heartbeat"] ?? "?"), otlp \(agent["otlp_status"] ?? "?")"
    }

    private static func classes(_ direction: String, _ fields: [String: String]) -> [String] {
        var rows = [[direction, "packets", "bytes", "packets by size"]]
        for name in ["ipv4", "ipv6", "icmp6", "other"] {
            rows.append([name] + ["packets", "bytes", "sizes"].map { fields["\(name)_\($0)"] ?? "-" })
        }
        let errors = "parse errors \(fields["parse_errors"] ?? "-"), filtered \(fields["filtered"] ?? "-")"
        return [""] + Table.lines(rows) + ["upper bounds \(fields["size_bounds"] ?? "-"); \(errors)"]
    }
}

extension StatusView.Job {
    /// - Parameter sizes: `sizes` of the job's results.
    fileprivate init(_ answer: JSON, statistics sizes: JSON?) {
        var members: [String: JSON] = if case .object(let members) = answer { members } else { [:] }
        members["oper_status"] = members.removeValue(forKey: "status")
        members["job_id"] = nil
        var fields = members.mapValues(\.plain)
        fields["warnings"] = answer.array("warnings").map(\.plain).joined(separator: "; ")
        var statistics: [String: [String: String]] = [:]
        if case .object(let directions)? = sizes {
            statistics = directions.mapValues { table in
                func list(_ values: [JSON]?) -> String { (values ?? []).map(\.plain).joined(separator: ",") }
                var row = ["size_bounds": list(table.array("bounds"))]
                for name in ["ipv4", "ipv6", "icmp6", "other"] {
                    row["\(name)_packets"] = table[name]?.text("packets")
                    row["\(name)_bytes"] = table[name]?.text("bytes")
                    row["\(name)_sizes"] = list(table[name]?.array("counts"))
                }
                return row
            }
        }
        self.init(name: answer.text("job_id"), fields: fields, statistics: statistics)
    }
}
