import Dataplane
import Domain
import OTLP

/// Many simulated switches that export at the pace of real ones, each over a connection of its own.
public struct Fleet: Sendable {
    /// What became of exports.
    public struct Report: Sendable {
        /// How many exports arrived after how long, from their start to the answer, in tenths of a millisecond.
        public internal(set) var times: [Int: Int] = [:]
        public internal(set) var failed = 0
        /// Points that have arrived.
        public internal(set) var points = 0
        /// Of exports that failed; each once, the first ones.
        public internal(set) var errors: Set<String> = []
        /// Exports that began later than they were due by more than half an interval: this machine is too slow.
        public internal(set) var late = 0

        fileprivate mutating func add(_ outcome: ExportOutcome, points: Int, time: Duration) {
            switch outcome {
            case .success(let rejected, _, _):
                times[Int(time / .microseconds(100)), default: 0] += 1
                self.points += points - Int(rejected)
            case .retryable(let failure, _), .permanent(let failure):
                failed += 1
                errors = Set((errors.union([failure.reason])).prefix(Self.mostErrors))
            }
        }

        fileprivate mutating func add(_ other: Report) {
            times.merge(other.times, uniquingKeysWith: +)
            failed += other.failed
            points += other.points
            late += other.late
            errors = Set(errors.union(other.errors).prefix(Self.mostErrors))
        }

        private static let mostErrors = 8
    }

    private let settings: ExporterSettings
    private let switches: Int
    private let ports: Int
    private let duration: Duration

    /// - Parameters:
    ///   - settings: where to and how; `interval` is between the starts of two exports of a switch.
    ///   - switches, ports: 1 or more.
    public init(_ settings: ExporterSettings, switches: Int, ports: Int, duration: Duration) {
        (self.settings, self.switches, self.ports, self.duration) = (settings, switches, ports, duration)
    }

    /// Exports until the duration is over or the task is cancelled; the switches take turns within an interval.
    ///
    /// - Throws: `ExporterError`: the settings contradict themselves.
    public func run() async throws -> Report {
        let begin = ContinuousClock.now
        var exporters: [any MetricExporter] = []
        for _ in 0..<switches { exporters.append(try makeExporter()) }
        let report = await withTaskGroup(of: Report.self) { group in
            for (number, exporter) in exporters.enumerated() {
                let simulated = SimulatedSwitch(name: "switch-\(number + 1)", ports: ports, start: .now)
                let first = begin + settings.interval * number / switches
                group.addTask { await export(simulated, by: exporter, from: first, to: begin + duration) }
            }
            return await group.reduce(into: Report()) { $0.add($1) }
        }
        for exporter in exporters { await exporter.shutdown() }
        return report
    }

    private func makeExporter() throws -> any MetricExporter {
        switch settings.makeTarget(version: "simulated") {
        case .exporter(let exporter): return exporter
        case .invalid(let reason): throw FleetError(description: reason)
        case .disabled: throw FleetError(description: "OTEL_SDK_DISABLED=true: nothing is exported")
        }
    }

    private func export(
        _ simulated: SimulatedSwitch, by exporter: any MetricExporter, from first: ContinuousClock.Instant,
        to end: ContinuousClock.Instant
    ) async -> Report {
        let clock = ContinuousClock()
        var (report, due) = (Report(), first)
        while due < end, (try? await clock.sleep(until: due)) != nil {
            let start = clock.now
            let outcome = await exporter.export(simulated.batch(at: .now))
            if Task.isCancelled { break }
            report.add(outcome, points: 8 * ports, time: clock.now - start)
            if start - due > settings.interval / 2 { report.late += 1 }
            due = max(due + settings.interval, clock.now)
        }
        return report
    }
}

extension Fleet {
    /// A connection is a descriptor.
    public static func raiseLimits() { LinuxKernel.raiseLimits() }
}

/// Why a fleet cannot export at all.
public struct FleetError: Error, CustomStringConvertible {
    public let description: String
}
