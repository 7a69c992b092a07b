import Dataplane
import Domain
import Logging
import SonicDB

/// Makes what is observed equal to what is desired, by plans: the one place that changes the kernel.
///
/// Level-triggered: whatever wakes it, it looks at everything and plans anew. On a queue of its own, because the
/// kernel's calls block (attaching takes some 16 ms).
public actor Reconciler {
    private let executor = QueueExecutor(label: "telegen.reconciler")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let openDataplane: @Sendable () throws -> sending Dataplane
    private let publisher: StatePublisher
    private let placeholderName: NetdevName
    private let logger: Logger
    nonisolated let signal = Signal()

    private var desired: Desired
    private var misnamed: [String: String] = [:]
    /// CONFIG_DB has not been read yet, or is being rebuilt: nothing starts or ends.
    private var isHeld = true
    private var isKnown = false
    /// It was said that CONFIG_DB is waited for.
    private var isWaiting = false

    private var dataplane: Dataplane?
    private var unavailable: Failure?
    private var ports: [NetdevName: Port] = [:]
    /// As they were at the last tick, or after the last action: STATE_DB is not written more often than that.
    private var counters: [TapID: Counters] = [:]
    private var failures: [TapID: Failure] = [:]
    private var admitted: Set<JobName> = []
    private var memory = JobMemory()
    private var alarm: Task<Void, Never>?
    private var troubles: TroubleLog

    init(
        mirror: AgentMirror, placeholderName: NetdevName, publisher: StatePublisher, memory: JobMemory, logger: Logger,
        openDataplane: @escaping @Sendable () throws -> sending Dataplane
    ) {
        desired = Desired(mirror: mirror)
        self.placeholderName = placeholderName
        self.publisher = publisher
        self.memory = memory
        self.logger = logger
        troubles = TroubleLog(logger)
        self.openDataplane = openDataplane
    }

    /// Reconciles at once and whenever it is woken, until cancelled.
    func run() async {
        for await _ in signal.events { reconcile(rateOver: nil) }
        alarm?.cancel()
    }

    /// Changes what is desired; CONFIG_DB is whole.
    func update(_ change: @Sendable (inout Desired, inout [String: String]) -> Void) {
        change(&desired, &misnamed)
        if isHeld && isKnown { logger.notice("CONFIG_DB is whole again") }
        (isHeld, isKnown) = (false, true)
        signal.send()
    }

    /// CONFIG_DB is being rebuilt: until the next update nothing starts or ends.
    func hold() {
        if isKnown && !isHeld { logger.notice("CONFIG_DB is being rebuilt: keeping everything as it is") }
        if !isKnown && !isWaiting {
            logger.notice(
                """
                CONFIG_DB has no CONFIG_DB_INITIALIZED yet: waiting until it is whole (on a Redis without SONiC: \
                redis-cli -n 4 SET CONFIG_DB_INITIALIZED 1)
                """)
        }
        (isHeld, isWaiting) = (true, true)
    }

    /// The status interval has passed: looks after the taps, and publishes fresh counts and rates.
    func tick(_ elapsed: Duration) {
        _ = troubles.attempt(to: "look after the taps") { try dataplane?.verify() }
        readCounters()
        reconcile(rateOver: elapsed)
    }

    /// Every job's status as it was published last.
    private(set) var statuses: [OperStatus] = []

    /// Everything known now, with counters read now.
    func snapshot() -> StateSnapshot {
        readCounters()
        return isKnown ? makeSnapshot(rateOver: nil) : StateSnapshot()
    }

    /// Takes every tap off and forgets the jobs: `run --detach-on-exit`.
    func releaseAll() {
        do {
            try dataplane?.releaseAll()
            publisher.submit([:], .jobs)
            logger.notice("all taps are detached")
        } catch {
            logger.error("cannot detach: \(error)")
        }
    }

    private func reconcile(rateOver elapsed: Duration?) {
        guard !isHeld else { return isKnown ? publish(rateOver: elapsed) : () }
        let now = UnixTime.now
        openIfNeeded(now)
        guard lookAtPorts() else { return publish(rateOver: elapsed) }
        let plan = Planner.plan(desired, observed(now))
        admitted = plan.admitted
        memory.remember(plan.intents, now: now)
        failures = failures.filter { desired.jobs[$0.key.job] != nil }
        var rest = plan.actions[...]
        while !rest.isEmpty {
            // Attaching takes its time: who comes first is published before the last one is done.
            for action in rest.prefix(16) { perform(action, now) }
            rest = rest.dropFirst(16)
            readCounters()
            if !rest.isEmpty { publish(rateOver: nil) }
        }
        publish(rateOver: elapsed)
        setAlarm(plan.deadline, now)
    }

    /// False when the kernel does not tell: nothing may be taken for gone then.
    private func lookAtPorts() -> Bool {
        troubles.attempt(to: "look at the devices") {
            ports = Dictionary(try dataplane?.ports().map { ($0.name, $0) } ?? []) { first, _ in first }
        }
    }

    private func readCounters() {
        _ = troubles.attempt(to: "read the counters") { counters = try dataplane?.counters() ?? [:] }
    }

    private func perform(_ action: Action, _ now: UnixTime) {
        do {
            try dataplane?.perform(action)
            failures[action.tap] = nil
        } catch {
            let attempts = (failures[action.tap]?.attempts ?? 0) + 1
            let reason = "\(error); tried again by itself"
            failures[action.tap] = Failure(
                reason: reason, attempts: attempts, retryAt: now.advanced(by: .backoff(attempts)))
        }
    }

    private func observed(_ now: UnixTime) -> Observed {
        Observed(
            now: now, unavailable: unavailable?.reason, ports: ports, taps: dataplane?.taps ?? [:],
            failures: failures, admitted: admitted, expired: memory.expired)
    }

    /// Placeholder mode does nothing privileged: the kernel is only spoken to when some job is to count.
    private func openIfNeeded(_ now: UnixTime) {
        guard dataplane == nil, unavailable.map({ $0.retryAt <= now }) ?? true else { return }
        let wantsToCount =
            desired.mirror.mode != .placeholder
            || Intent.all(desired, observed(now)).values.contains { if case .count = $0 { true } else { false } }
        guard wantsToCount else { return }
        do {
            let opened = try openDataplane()
            // Jobs that an earlier agent left running keep their place.
            admitted.formUnion(opened.taps.filter { $0.value.attachment != nil }.keys.map(\.job))
            dataplane = opened
            if unavailable != nil { logger.notice("the datapath is available now") }
            unavailable = nil
        } catch {
            if unavailable == nil { logger.error("placeholder mode, nothing is counted: \(error)") }
            unavailable = Failure(reason: "\(error)", attempts: 1, retryAt: now.advanced(by: .seconds(30)))
        }
    }

    private func setAlarm(_ deadline: UnixTime?, _ now: UnixTime) {
        alarm?.cancel()
        guard let deadline else { return }
        alarm = Task { [signal] in
            guard (try? await Task.sleep(for: deadline.since(now))) != nil else { return }
            signal.send()
        }
    }

    private func publish(rateOver elapsed: Duration?) {
        publisher.submit(makeSnapshot(rateOver: elapsed).rows(now: .now), .jobs)
    }

    private func makeSnapshot(rateOver elapsed: Duration?) -> StateSnapshot {
        let now = UnixTime.now
        let observed = observed(now)
        let intents = Intent.all(desired, observed)
        var jobs: [JobReport] = []
        for (name, intent) in intents {
            let status = JobStatus(name, intent, desired, observed, placeholderName: placeholderName)
            let taps = Direction.allCases.compactMap { direction -> TapReport? in
                let tap = TapID(name, direction)
                guard let state = observed.taps[tap] else { return nil }
                return TapReport(
                    direction: direction, startedAt: state.startedAt, counters: counters[tap] ?? Counters())
            }
            jobs.append(memory.report(status, taps, now: now, rateOver: elapsed, logger))
        }
        memory.forget { desired.jobs[$0] == nil }
        statuses = jobs.map(\.status.operStatus) + misnamed.map { _ in .rejected }
        return StateSnapshot(jobs: jobs, misnamed: misnamed)
    }
}

extension Duration {
    /// 100 ms, doubling up to a minute, with up to a fifth of jitter.
    fileprivate static func backoff(_ attempts: Int) -> Duration {
        .milliseconds(min(60_000, 100 << min(attempts - 1, 10))) * Double.random(in: 0.8...1.2)
    }
}
