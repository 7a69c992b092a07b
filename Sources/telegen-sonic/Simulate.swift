import Agent
import ArgumentParser
import Glibc
import HTTPAPI
import UnixSignals

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Export as many switches would at once, to try a collector or a fleet's gateway.",
        discussion: """
            Where to and how is what the agent's environment says: OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL, _COMPRESSION, \
            _CERTIFICATE, …; OTEL_METRIC_EXPORT_INTERVAL is between two exports of a switch. No job, database or kernel is \
            touched. Ctrl-C ends it early and prints what was until then.
            """,
        shouldDisplay: false)

    @Option(help: "Switches, each with a connection of its own, 1 to 20000.")
    var switches = 100

    @Option(help: "Ports of each switch with a job, 1 to 1024; each has eight data points.")
    var ports = 64

    @Option(help: "For how many seconds, 1 to 86400.")
    var duration = 60

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...20_000).contains(switches) else { throw ValidationError("--switches: must be 1 to 20000") }
        guard (1...1024).contains(ports) else { throw ValidationError("--ports: must be 1 to 1024") }
        guard (1...86_400).contains(duration) else { throw ValidationError("--duration: must be 1 to 86400") }
    }

    func run() async throws {
        let settings = AgentOptions.fromEnvironment(Environment.all).options.exporter
        Fleet.raiseLimits()
        let fleet = Fleet(settings, switches: switches, ports: ports, duration: .seconds(duration))
        let usage = Usage.now
        let report = try await reporting {
            try await withThrowingTaskGroup(of: Fleet.Report?.self) { group in
                group.addTask { try await fleet.run() }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return nil }
                    return nil
                }
                // The fleet's report comes also when a signal has ended it.
                while let next = try await group.next() {
                    if let next {
                        group.cancelAll()
                        return next
                    }
                    group.cancelAll()
                }
                throw CancellationError()
            }
        }
        let results = Results(report, settings.destination, switches: switches, ports: ports, cpu: Usage.now - usage)
        print(json ? String(decoding: results.json.bytes, as: UTF8.self) : results.text)
        guard report.failed == 0, !report.times.isEmpty else { throw ExitCode.failure }
    }

    /// Seconds of processor time that this process has taken.
    private enum Usage {
        static var now: Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    }
}

extension Simulate {
    /// What is printed.
    struct Results {
        let members: [(name: String, value: JSON)]
        let text: String

        init(_ report: Fleet.Report, _ destination: String, switches: Int, ports: Int, cpu: Double) {
            let arrived = report.times.values.reduce(0, +)
            func quantile(_ share: Double) -> Double {
                var rest = Int(Double(arrived - 1) * share)
                for (time, count) in report.times.sorted(by: { $0.key < $1.key }) {
                    if rest < count { return Double(time) / 10 }
                    rest -= count
                }
                return 0
            }
            let (median, p99, longest) = (quantile(0.5), quantile(0.99), quantile(1))
            members = [
                ("destination", .string(destination)), ("switches", .integer(Int64(switches))),
                ("ports", .integer(Int64(ports))), ("exports", .integer(Int64(arrived))),
                ("failed", .integer(Int64(report.failed))), ("late", .integer(Int64(report.late))),
                ("points", .integer(Int64(report.points))), ("median_ms", .number(median)), ("p99_ms", .number(p99)),
                ("longest_ms", .number(longest)), ("cpu_s", .number(cpu)),
                ("errors", .array(report.errors.sorted().map { .string($0) })),
            ]
            var lines = [
                "\(switches) switches of \(ports) ports to \(destination): \(arrived) exports arrived, "
                    + "\(report.failed) failed; \(report.points) points",
                "an export took \(Self.rounded(median)) ms in the middle, 99 of 100 at most \(Self.rounded(p99)), the "
                    + "longest \(Self.rounded(longest)); this process took \(Self.rounded(cpu)) s of processor time",
            ]
            if report.late > 0 {
                lines.append("\(report.late) exports began late: this machine is too slow for so many")
            }
            text = (lines + report.errors.sorted().map { "error: \($0)" }).joined(separator: "\n")
        }

        var json: JSON { .object(Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })) }

        private static func rounded(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
    }
}
