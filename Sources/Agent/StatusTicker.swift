import Domain
import Glibc
import OTLP
import ServiceLifecycle
import SonicDB
import Synchronization

/// Every status interval: fresh counts and rates of the jobs, and the agent's own row.
final class StatusTicker: Service {
    private let reconciler: Reconciler
    private let publisher: StatePublisher
    private let exporter: PeriodicExporter<ContinuousClock>
    private let constants: [String: String]
    private let interval: Mutex<Duration>
    private let pause = Mutex<Task<Void, Never>?>(nil)
    private let detachOnExit: Bool

    /// - Parameter constants: what the agent's row says all the time.
    init(
        _ reconciler: Reconciler, _ publisher: StatePublisher, _ exporter: PeriodicExporter<ContinuousClock>,
        build: BuildInfo, database: String, interval: Int, detachOnExit: Bool
    ) {
        self.reconciler = reconciler
        self.publisher = publisher
        self.exporter = exporter
        self.detachOnExit = detachOnExit
        self.interval = Mutex(.seconds(interval))
        constants = [
            "version": build.version, "commit": build.commit, "build_date": build.date, "pid": String(getpid()),
            "started_at": UnixTime.now.text, "kernel": HostFacts.kernel, "database": database,
        ]
    }

    /// Changes the interval at once.
    func setInterval(seconds: Int) {
        let isNew = interval.withLock { interval in
            defer { interval = .seconds(seconds) }
            return interval != .seconds(seconds)
        }
        if isNew { pause.withLock { $0?.cancel() } }
    }

    func run() async {
        let clock = ContinuousClock()
        let last = await cancelWhenGracefulShutdown {
            var last = clock.now
            await self.publishAgent()
            while await self.pass(since: last) {
                let now = clock.now
                await self.reconciler.tick(now - last)
                last = now
                await self.publishAgent()
            }
            return last
        }
        await reconciler.finish(clock.now - last)
        if detachOnExit { await reconciler.releaseAll() }
        await publishAgent()
    }

    /// Waits until the interval has passed since the last tick; false when the agent ends.
    private func pass(since last: ContinuousClock.Instant) async -> Bool {
        while !Task.isCancelled {
            let due = last + interval.withLock { $0 }
            if ContinuousClock.now >= due { return true }
            let sleep = Task { _ = try? await Task.sleep(until: due, clock: .continuous) }
            pause.withLock { $0 = sleep }
            // Who changed the interval before the sleep was there to be cancelled.
            if last + interval.withLock({ $0 }) != due { sleep.cancel() }
            await withTaskCancellationHandler {
                await sleep.value
            } onCancel: {
                sleep.cancel()
            }
        }
        return false
    }

    private func publishAgent() async {
        let jobs = await reconciler.statuses
        let export = await exporter.status
        var fields = constants
        fields["heartbeat"] = UnixTime.now.text
        fields["jobs"] = String(jobs.count)
        fields["jobs_running"] = String(jobs.count { $0 == .running })
        fields["jobs_failed"] = String(jobs.count { $0 == .failed })
        fields["otlp_status"] = export.state.rawValue
        fields["otlp_endpoint"] = await exporter.destination ?? ""
        fields["otlp_last_export"] = export.lastExport.map { UnixTime(nanoseconds: $0).text } ?? ""
        fields["otlp_failed_exports"] = String(export.failedExports)
        fields["otlp_last_error"] = export.lastError ?? ""
        fields["rss_bytes"] = String(HostFacts.residentBytes)
        publisher.submit([TableKey(table: StateTable.agent, key: "global"): fields], .agent)
    }
}
