import Agent
import ArgumentParser
import Glibc
import HTTPAPI

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the agent says of its jobs, from STATE_DB.",
        discussion: "Works while the agent runs and after it is gone; a stale heartbeat tells the difference.")

    @Argument(help: "Only this job, with its counts by class.")
    var job: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let (options, _) = AgentOptions.fromEnvironment(Environment.all)
        let view: StatusView
        do {
            view = try await StatusView.read(options, job: job)
        } catch {
            write("telegen-sonic: \(error)\n", to: STDERR_FILENO)
            throw ExitCode.failure
        }
        print(json ? view.json : view.text)
        if let job, view.jobs.isEmpty {
            write("telegen-sonic: no job \(job) in STATE_DB: `telegen-sonic status` lists all\n", to: STDERR_FILENO)
            throw ExitCode.failure
        }
    }
}

extension StatusView {
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
