import Dataplane
import Domain
import Glibc
import Logging

/// What the jobs' programs took when it was measured last.
struct CostMemory {
    private var known: [JobName: Double] = [:]
    private var probe: Dataplane.CostProbe?
    private var unavailable: String?
    private var hasMeasured = false

    /// - Parameter unavailable: why nothing is measured; nil: it is tried.
    init(unavailable: String?) { self.unavailable = unavailable }

    mutating func begin(_ dataplane: Dataplane, _ logger: Logger) {
        do {
            probe = try dataplane.beginCost()
            unavailable = nil
        } catch {
            if unavailable == nil { logger.info("what the programs cost is not measured: \(error)") }
            unavailable = error.code == EPERM ? "measuring wants CAP_SYS_ADMIN" : "\(error)"
            known = [:]
        }
    }

    /// - Parameter jobs: all that there are.
    mutating func end(_ dataplane: Dataplane, jobs: some Collection<JobName>) {
        guard let probe else { return }
        self.probe = nil
        guard let measured = try? dataplane.endCost(probe) else { return }
        hasMeasured = true
        let jobs = Set(jobs)
        known = known.filter { jobs.contains($0.key) }.merging(measured) { _, new in new }
    }

    /// Nil: nothing of the job runs.
    func cost(of status: JobStatus) -> JobCost? {
        guard status.operStatus == .running || status.operStatus == .degraded else { return nil }
        if let unavailable { return .unavailable(reason: unavailable) }
        return known[status.name].map { .nanosecondsPerPacket($0) }
            ?? .unavailable(reason: hasMeasured ? "no packet came while it was measured" : "not measured yet")
    }
}
