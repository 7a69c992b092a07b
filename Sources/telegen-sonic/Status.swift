import Agent
import ArgumentParser
import Glibc

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
        var lines = [agentLine] + Self.table(rows)
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
            let statistics = job.statistics.sorted { $0.key < $1.key }.map {
                "\(JSON.quoted($0.key)):\(JSON.object($0.value))"
            }
            let row = JSON.object(job.fields.merging(["job_id": job.name]) { own, _ in own }).dropLast()
            return statistics.isEmpty ? "\(row)}" : "\(row),\"statistics\":{\(statistics.joined(separator: ","))}}"
        }
        return "{\"agent\":\(JSON.object(agent)),\"jobs\":[\(objects.joined(separator: ","))]}"
    }

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
        return [""] + table(rows) + ["upper bounds \(fields["size_bounds"] ?? "-"); \(errors)"]
    }

    /// Columns as wide as their widest cell.
    private static func table(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let padded = zip(row, widths).dropLast().map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return (padded + row.suffix(1)).joined(separator: "  ")
        }
    }
}
