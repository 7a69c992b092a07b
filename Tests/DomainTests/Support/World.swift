@testable import Domain

/// A desired and an observed state, with a kernel that does what it is told.
struct World {
    var desired: Desired
    var observed: Observed

    init(jobs: [JobName: JobRow], ports: [Port] = []) {
        desired = Desired(jobs: jobs, mirror: AgentMirror(mode: .none))
        observed = Observed(
            now: UnixTime(nanoseconds: 1_000), ports: Dictionary(uniqueKeysWithValues: ports.map { ($0.name, $0) }))
    }

    static func job(
        _ port: String, _ direction: WatchedDirection = .ingress, _ change: (inout JobSpec) -> Void = { _ in }
    ) -> JobRow {
        var spec = JobSpec(port: NetdevName(port)!)
        spec.direction = direction
        change(&spec)
        return .job(ParsedJob(spec: spec, warnings: []))
    }

    var plan: Plan { Planner.plan(desired, observed) }

    var nextExpiry: UnixTime? { Planner.nextExpiry(plan.intents, observed) }
    var nextRetry: Duration? { Planner.nextRetry(observed) }

    mutating func performPlan() {
        let plan = plan
        observed.admitted = plan.admitted
        for action in plan.actions {
            let startedAt = observed.taps[action.tap]?.startedAt ?? observed.now
            switch action {
            case .attach(let tap, let port, let measurement):
                observed.taps[tap] = TapState(
                    startedAt: startedAt, attachment: Domain.Attachment(port: port, type: .tcx),
                    measurement: measurement)
            case .change(let tap, let measurement):
                observed.taps[tap] = TapState(
                    startedAt: startedAt, attachment: observed.taps[tap]?.attachment, measurement: measurement)
            case .detach(let tap): observed.taps[tap] = TapState(startedAt: startedAt, attachment: nil)
            case .release(let tap): observed.taps[tap] = nil
            }
        }
    }

    func status(_ name: JobName) -> JobStatus {
        JobStatus(name, plan.intents[name]!, desired, observed, plan.mirrors)
    }

    /// Whether the plan takes off only what stands, and puts only what a row asks for where it asks for it.
    var touchesOnlyItsOwn: Bool {
        plan.actions.allSatisfy { action in
            switch action {
            case .detach(let tap): observed.taps[tap]?.attachment != nil && desired.jobs[tap.job] != nil
            case .release(let tap): observed.taps[tap] != nil && desired.jobs[tap.job] == nil
            case .attach(let tap, let port, _): plan.intents[tap.job]?.job?.spec.port == port.name
            case .change(let tap, _): observed.taps[tap]?.attachment != nil
            }
        }
    }

    /// Whether exactly the taps that shall count stand on their ports and measure what they shall, and no slot belongs to
    /// a job without a row.
    var isAsDesired: Bool {
        var wanted: [TapID: Port] = [:]
        var measurements: [TapID: Measurement] = [:]
        for case (let name, .count(let job)) in plan.intents {
            guard let port = observed.ports[job.spec.port] else { continue }
            for direction in job.spec.direction.directions {
                wanted[TapID(name, direction)] = port
                measurements[TapID(name, direction)] = Measurement(job.spec)
            }
        }
        let standing = observed.taps.filter { $0.value.attachment != nil }
        return standing.compactMapValues { $0.attachment?.port } == wanted
            && standing.compactMapValues(\.measurement) == measurements
            && observed.taps.keys.allSatisfy { desired.jobs[$0.job] != nil }
    }
}

extension JobName: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self = JobName(text)! }
}

extension Port {
    static let ethernet0 = Port(name: NetdevName("Ethernet0")!, ifindex: 7)
    static let ethernet4 = Port(name: NetdevName("Ethernet4")!, ifindex: 8)
}
