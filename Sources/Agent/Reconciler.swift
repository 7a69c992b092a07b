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
    private let openTunnels: @Sendable () throws -> sending TunnelDevices
    private let publisher: StatePublisher
    private let clock: AgentClock
    private let logger: Logger
    nonisolated let signal = Signal()
    /// What jobs ask the hardware for has changed.
    nonisolated let mirrorSignal = Signal()

    private var desired: Desired
    private var misnamed: [String: String] = [:]
    /// Since when CONFIG_DB is being rebuilt: nothing starts or ends meanwhile, and time stands still for jobs.
    private var heldSince: UnixTime?
    /// CONFIG_DB has been read.
    private var isKnown = false
    private var isReconciling = false
    private var isEnding = false

    private var dataplane: Dataplane?
    /// Of all jobs that count.
    private let warnings: [String]
    /// Why nothing can be counted; nil: it can, or nobody has tried yet.
    var bpfProblem: String? { unavailable?.reason }
    /// Why the agent does not do its work; nil: it does.
    var problem: String? { isKnown ? bpfProblem : "CONFIG_DB has not been read yet" }
    private var unavailable: (reason: String, attempts: Int, retryAt: Duration)?
    private var ports: [NetdevName: Port] = [:]
    private var mirroring = Mirroring()
    /// What jobs ask the hardware for; nil: not known, or everything stays as it is.
    private(set) var mirrorWishes: [JobName: MirrorWish]?
    private var hardware: [JobName: HardwareMirrors.State] = [:]
    /// As they were at the last tick, or after the last action: STATE_DB is not written more often than that.
    private var counters: [TapID: Counters] = [:]
    /// As they were at the last tick; bursts are newer.
    private var details = DetailFollower()
    private var costs: CostMemory
    nonisolated let measuresCost: Bool
    private var failures: [TapID: Failure] = [:]
    private var admitted: Set<JobName> = []
    private var memory: JobMemory
    /// What an earlier agent has told of jobs: true for as long as the kernel cannot be asked.
    private var earlier: StateRows
    /// What the last plan was made of.
    private var seen: Observed?
    /// Taps that a plan came not to, because there was news: the next one begins with them.
    private var overdue: Set<TapID> = []
    private var alarm: Task<Void, Never>?
    private var snapshots: UInt64 = 0
    private var troubles: TroubleLog

    init(
        mirror: AgentMirror, measuresCost: Bool, publisher: StatePublisher, earlier: StateRows,
        clock: AgentClock, logger: Logger,
        openDataplane: @escaping @Sendable () throws -> sending Dataplane,
        openTunnels: @escaping @Sendable () throws -> sending TunnelDevices
    ) {
        desired = Desired(mirror: mirror)
        self.measuresCost = measuresCost
        costs = CostMemory(unavailable: measuresCost ? nil : "TELEGEN_MEASURE_COST=true has it measured")
        self.publisher = publisher
        self.earlier = earlier
        memory = JobMemory(earlier)
        self.clock = clock
        self.logger = logger
        warnings = Capabilities.lacksPerfmon ? [Self.perfmonWarning] : []
        for warning in warnings { logger.warning("\(warning)") }
        troubles = TroubleLog(logger)
        self.openDataplane = openDataplane
        self.openTunnels = openTunnels
    }

    /// What has become of the sessions in hardware.
    func update(hardware states: [JobName: HardwareMirrors.State]) {
        guard states != hardware else { return }
        hardware = states
        signal.send()
    }

    /// Reconciles whenever it is woken, until cancelled.
    func run() async {
        for await _ in signal.events { await reconcile(rateOver: nil) }
        alarm?.cancel()
    }

    /// Keys of TELEGEN_JOB that are known, whatever became of their rows.
    var knownKeys: Set<String> { Set(desired.jobs.keys.map(\.text)).union(misnamed.keys) }

    /// Changes what is desired; CONFIG_DB is whole.
    ///
    /// - Returns: whether anything is otherwise now.
    @discardableResult
    func update(_ change: @Sendable (inout Desired, inout [String: String]) -> Void) -> Bool {
        let before = (desired, misnamed)
        change(&desired, &misnamed)
        if dataplane != nil { earlier = [:] }
        if heldSince != nil { logger.notice("CONFIG_DB is whole") }
        (heldSince, isKnown) = (nil, true)
        signal.send()
        return before != (desired, misnamed)
    }

    /// Keys of TELEGEN_JOB that have to be looked at, however many there are: the known ones, and those of taps that an
    /// earlier agent left.
    var ownKeys: Set<String> {
        if !isKnown { openIfNeeded() }
        return knownKeys.union(dataplane?.taps.keys.map(\.job.text) ?? [])
    }

    /// CONFIG_DB is being rebuilt: until the next update nothing starts or ends.
    func hold() {
        guard heldSince == nil else { return }
        heldSince = clock.wall
        mirrorWishes = nil
        if !isKnown { openIfNeeded() }
        let what =
            isKnown
            ? "CONFIG_DB is being rebuilt: keeping everything as it is"
            : """
            CONFIG_DB has no CONFIG_DB_INITIALIZED yet: waiting until it is whole (on a Redis without SONiC: \
            redis-cli -n 4 SET CONFIG_DB_INITIALIZED 1)
            """
        logger.notice("\(what)")
    }

    /// Sees to it that every tap still stands where it was put.
    func lookAfterTaps() {
        let before = dataplane?.taps
        _ = troubles.attempt(to: "look after the taps") { try dataplane?.verify() }
        if dataplane?.taps != before { signal.send() }
    }

    /// The status interval has passed: publishes fresh counts and rates.
    func tick(_ elapsed: Duration) async {
        readDetails()
        readCounters()
        guard isKnown else { return publishEarlier() }
        await reconcile(rateOver: elapsed)
    }

    /// The agent ends: publishes fresh counts and rates, and starts nothing more.
    func finish(_ elapsed: Duration) {
        isEnding = true
        readDetails()
        readCounters()
        if isKnown { publish(rateOver: elapsed) }
    }

    /// Every job's status as it was published last.
    private(set) var statuses: [OperStatus] = []

    /// Every job with counters read now; nothing is changed by looking. Nil when there is nothing true to say: an older
    /// count than the one told before would look like a reset.
    func snapshot() -> StateSnapshot? {
        guard isKnown else { return nil }
        do {
            let jobs = reports(try dataplane?.counters() ?? [:])
            snapshots += 1
            return StateSnapshot(jobs: jobs, number: snapshots)
        } catch {
            return nil
        }
    }

    /// Takes every tap off and forgets the jobs: `run --detach-on-exit`.
    func releaseAll() {
        // An agent that never came to open the kernel's doors may still have taps and tunnels of an earlier one.
        let isPrivileged = dataplane != nil || desired.mirror.mode != .placeholder
        let areTapsOff = troubles.attempt(to: "detach all taps") {
            if dataplane == nil, isPrivileged { dataplane = try openDataplane() }
            try dataplane?.releaseAll()
        }
        let areTunnelsGone = troubles.attempt(to: "remove the tunnels") {
            if isPrivileged { try mirroring.removeAll(openTunnels) }
        }
        guard areTapsOff, areTunnelsGone else { return }
        logger.notice("all taps are detached")
        statuses = []
        publisher.submit([:], .jobs)
    }
}

extension Reconciler {
    private func reconcile(rateOver elapsed: Duration?) async {
        guard isKnown, !isEnding else { return }
        guard !isReconciling else {
            signal.send()
            return publish(rateOver: elapsed)
        }
        isReconciling = true
        defer { isReconciling = false }
        openIfNeeded()
        seen = nil
        if lookAtPorts() {
            // Whatever is the matter with tunnels, ports are counted.
            _ = lookAtTunnels()
            await performPlan()
        }
        publish(rateOver: elapsed)
        setAlarm()
    }

    private func performPlan() async {
        var observed = observed()
        var plan = Planner.plan(desired, observed)
        let made = mirroring.make(plan.mirrors, until: clock.uptime + Self.slice, clock, logger)
        if made != .nothing, lookAtTunnels() {
            observed = self.observed()
            plan = Planner.plan(desired, observed)
        }
        if made == .interrupted { signal.send() }
        seen = observed
        admitted = plan.admitted
        memory.remember(plan.intents)
        wish(plan.intents)
        failures = failures.filter { desired.jobs[$0.key.job] != nil || observed.taps[$0.key] != nil }
        let (world, held) = (desired, heldSince)
        // While CONFIG_DB is rebuilt a port that came back gets its taps again; others do not start.
        let actions = plan.actions.filter { held == nil || observed.taps[$0.tap] != nil }
        var rest = actions.inTurns(with: overdue)[...]
        defer { overdue = Set(rest.map(\.tap)) }
        while !rest.isEmpty {
            let pause = clock.uptime + Self.slice
            while clock.uptime < pause, let action = rest.popFirst() { perform(action) }
            readCounters()
            guard !rest.isEmpty else { break }
            // Attaching takes its time: who comes first is published, and who has news is heard, before the end.
            publish(rateOver: nil)
            await Task.yield()
            if isEnding || Task.isCancelled { return }
            guard desired == world, heldSince == held else { return signal.send() }
        }
        // Now nobody copies into them any more.
        guard held == nil else { return }
        _ = troubles.attempt(to: "remove tunnels that nobody wants any more") {
            let removed = try mirroring.remove(plan.mirrors, until: clock.uptime + Self.slice, clock)
            if removed == .interrupted { signal.send() }
        }
    }

    /// Has the hardware asked for what jobs that count want.
    private func wish(_ intents: [JobName: Intent]) {
        var wishes: [JobName: MirrorWish]?
        // While nothing can be counted, taps and sessions of an earlier agent stay alike.
        if heldSince == nil, unavailable == nil {
            wishes = [:]
            var circles = MirrorCircles()
            // Who has a session keeps it.
            let order = intents.keys.sorted { ($0.isAsked(mirrorWishes), $0) < ($1.isAsked(mirrorWishes), $1) }
            for name in order {
                guard case .count(let job)? = intents[name], ports[job.spec.watchedPort(desired.mirror)] != nil,
                    let wish = job.spec.mirrorSession(name, desired.mirror, ports)
                else { continue }
                wishes?[name] = circles.refusal(of: name, job.spec).map { .impossible(reason: $0) } ?? wish
            }
        }
        guard wishes != mirrorWishes else { return }
        mirrorWishes = wishes
        mirrorSignal.send()
    }

    private func perform(_ action: Action) {
        let (tap, wish) = (action.tap, wish(of: action))
        // Who could not be taken off a moment ago cannot be put elsewhere.
        if wish != .rest, let failure = failures[tap], failure.wish == .rest, failure.retryAt > clock.uptime { return }
        do {
            try dataplane?.perform(action)
            failures[tap] = nil
        } catch {
            let attempts = (failures[tap].flatMap { $0.wish == wish ? $0.attempts : nil } ?? 0) + 1
            if wish == .rest, attempts == 1 {
                logger.error("cannot take a tap off", metadata: ["tap": "\(tap)", "error": "\(error)"])
            }
            failures[tap] = Failure(
                wish, reason: "\(error); tried again by itself", attempts: attempts,
                retryAt: clock.uptime + .backoff(attempts))
        }
    }

    private func wish(of action: Action) -> Failure.Wish {
        switch action {
        case .attach(_, let port, let measurement): .stand(port, measurement)
        case .change(let tap, let measurement):
            dataplane?.taps[tap]?.attachment.map { .stand($0.port, measurement) } ?? .rest
        case .detach, .release: .rest
        }
    }

    private func observed() -> Observed {
        var observed = Observed(
            now: clock.wall, uptime: clock.uptime, frozenAt: heldSince, unavailable: unavailable?.reason, ports: ports,
            taps: dataplane?.taps ?? [:],
            failures: failures, admitted: admitted, expired: memory.expired)
        (observed.tunnels, observed.routes) = (mirroring.devices, mirroring.routes)
        observed.tunnelFailures = mirroring.failures
        observed.hardware = hardware
        return observed
    }

    /// False when the kernel does not tell.
    private func lookAtTunnels() -> Bool {
        guard dataplane != nil else { return true }
        return troubles.attempt(to: "look at the tunnels") { try mirroring.look(desired, openTunnels) }
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

    /// Before the counters: flows are part of what these say.
    private func readDetails() {
        _ = troubles.attempt(to: "read the details") {
            if let dataplane { try details.read(dataplane, desired, now: clock.forwardTime) }
        }
    }

    /// Placeholder mode does nothing privileged: the kernel is only spoken to when some job is to count.
    private func openIfNeeded() {
        guard dataplane == nil, unavailable.map({ $0.retryAt <= clock.uptime }) ?? true else { return }
        guard wantsToCount else { return }
        do {
            let opened = try openDataplane()
            // Jobs that an earlier agent left running keep their place.
            admitted.formUnion(opened.taps.filter { $0.value.attachment != nil }.keys.map(\.job))
            dataplane = opened
            if isKnown { earlier = [:] }
            readDetails()
            readCounters()
            if unavailable != nil { logger.notice("the datapath is available now") }
            unavailable = nil
        } catch {
            if unavailable == nil { logger.error("placeholder mode, nothing is counted: \(error)") }
            let attempts = (unavailable?.attempts ?? 0) + 1
            let rest =
                earlier.isEmpty
                ? "" : "; what an earlier agent has attached goes on counting, and is told when this works"
            unavailable = ("\(error)\(rest)", attempts, clock.uptime + .backoff(attempts))
        }
    }

    /// Whether any job would count if programs could be loaded.
    private var wantsToCount: Bool {
        var possible = observed()
        possible.unavailable = nil
        return desired.mirror.mode != .placeholder
            || Intent.all(desired, possible).values.contains { if case .count = $0 { true } else { false } }
    }

    /// Wakes up for the next expiry or retry.
    private func setAlarm() {
        alarm?.cancel()
        // As the plan saw it: what has come due since then is due at once.
        var observed = seen ?? observed()
        (observed.failures, observed.tunnelFailures) = (failures, mirroring.failures)
        let expiry = Planner.nextExpiry(Intent.all(desired, observed), observed)
        let reopening = wantsToCount ? unavailable?.retryAt : nil
        let retry = [Planner.nextRetry(observed), reopening].compactMap(\.self).min()
        guard expiry != nil || retry != nil else { return }
        alarm = Task { [signal, clock] in
            repeat {
                let toExpiry = expiry.map { min($0.since(clock.wall), Self.longestTrust) }
                let wait = [toExpiry, retry.map { $0 - clock.uptime }].compactMap(\.self).min() ?? .zero
                // Never sooner, so that a deadline which does not go away cannot spin.
                guard (try? await Task.sleep(for: max(wait, .milliseconds(50)))) != nil else { return }
            } while expiry.map { $0 > clock.wall } ?? true && retry.map { $0 > clock.uptime } ?? true
            signal.send()
        }
    }

    private func publish(rateOver elapsed: Duration?) {
        let jobs = reports(counters).map { memory.complete($0, now: clock.wall, rateOver: elapsed, logger) }
        memory.forgetAll(but: desired.jobs, logger)
        statuses = jobs.map(\.status.operStatus) + misnamed.map { _ in .rejected }
        var rows = StateSnapshot(jobs: jobs, misnamed: misnamed).rows(now: clock.wall)
        // Jobs that are gone are not known again.
        if !earlier.isEmpty { earlier.forget(allBut: Set(desired.jobs.keys.map(\.text))) }
        if dataplane == nil, unavailable != nil { rows.keepCounts(of: earlier) }
        publisher.submit(rows, .jobs)
    }

    /// Before CONFIG_DB is whole for the first time: what an earlier agent told of its jobs, with the counts of now.
    private func publishEarlier() {
        openIfNeeded()
        guard let dataplane, !earlier.isEmpty else { return }
        var rows = earlier.filter { $0.key.table != StateTable.agent }
        for (job, taps) in Dictionary(grouping: dataplane.taps, by: \.key.job) {
            rows.recount(job, taps.map { ($0.key, $0.value, counters[$0.key] ?? Counters()) }, now: clock.wall)
        }
        publisher.submit(rows, .jobs)
    }

    private func reports(_ counters: [TapID: Counters]) -> [JobReport] {
        let observed = observed()
        let intents = Intent.all(desired, observed)
        let mirrors = Mirrors(intents, desired, observed)
        let overlaps = VantagePoints.warnings(intents, desired.mirror, observed.ports)
            .merging(SharedSessions.warnings(intents, desired.mirror)) { $0 + $1 }
        return intents.map { name, intent in
            let taps = Direction.allCases.compactMap { direction -> TapReport? in
                let tap = TapID(name, direction)
                guard let state = observed.taps[tap] else { return nil }
                let reading = details.reading(of: tap, state)
                return TapReport(
                    direction: direction, startedAt: state.startedAt, counters: counters[tap] ?? Counters(),
                    qos: reading?.qos, flows: reading?.flows, bursts: reading?.bursts, copies: reading?.copies,
                    arrivals: reading?.arrivals)
            }
            var status = JobStatus(name, intent, desired, observed, mirrors)
            status.warnings += overlaps[name] ?? []
            if case .count = intent { status.warnings += warnings }
            let measurements = Direction.allCases.compactMap { observed.taps[TapID(name, $0)]?.measurement }
            return JobReport(
                status: status, taps: taps, startedAt: taps.map(\.startedAt).min(),
                sampleRate: measurements.first?.sampleRate, cost: costs.cost(of: status))
        }
    }
}

extension Reconciler {
    /// How long news waits for what is being done.
    private static let slice = Duration.milliseconds(100)

    /// How long a sleep towards an expiry lasts at most: nobody says when the wall clock is set.
    private static let longestTrust = Duration.seconds(1)

    /// Measured: docs/performance.md.
    private static let perfmonWarning =
        "CAP_PERFMON is missing: the kernel hardens our programs, and each packet costs three to eight times as much; grant it"

    /// Bursts are to be read more often than the rest.
    func readBursts() {
        _ = troubles.attempt(to: "read the bursts") {
            if let dataplane { try details.readBursts(dataplane, now: clock.forwardTime) }
        }
    }

    /// Begins to measure what the programs take, if any counts.
    func beginCost() {
        guard statuses.contains(where: { $0 == .running || $0 == .degraded }), let dataplane else { return }
        costs.begin(dataplane, logger)
    }

    func endCost() {
        if let dataplane { costs.end(dataplane, jobs: desired.jobs.keys) }
    }
}

extension Duration {
    /// 100 ms, doubling up to a minute, with up to a fifth of jitter.
    static func backoff(_ attempts: Int) -> Duration {
        .milliseconds(min(60_000, 100 << min(attempts - 1, 10))) * Double.random(in: 0.8...1.2)
    }
}

extension JobName {
    /// 0: the hardware is asked for a session of this job already.
    fileprivate func isAsked(_ wishes: [JobName: MirrorWish]?) -> Int {
        if case .session? = wishes?[self] { 0 } else { 1 }
    }
}
