import Logging

/// Collects on an interval and exports, one export at a time.
///
/// A failed attempt is repeated within the export's timeout, with exponential back-off, and each
/// attempt collects anew: with cumulative values the newest batch says everything that the lost
/// ones said, so nothing has to be kept through an outage. With deltas (`DeltaStreams`) the same batch is
/// sent again, and what came meanwhile is in the next.
public actor PeriodicExporter<C: Clock> where C.Duration == Duration {
    /// How exporting is going.
    public internal(set) var status = ExportStatus()

    /// Where batches go; nil: nowhere.
    public var destination: String? { if case .exporter(let exporter) = target { exporter.destination } else { nil } }

    let collect: @Sendable () async -> MetricBatch?
    let delivered: @Sendable () async -> Void
    let clock: C
    let logger: Logger
    let spread: @Sendable () -> Double

    var target: ExportTarget
    var backoff = Backoff()
    var notBefore: C.Instant?
    var latestTime: UInt64 = 0
    var isRefusalLogged = false
    /// Nil: all is cumulative.
    var deltas: DeltaStreams?
    /// Nil: it is not wanted.
    var telemetry: SelfTelemetry?

    private var interval: Duration
    private var timeout: Duration
    private var isDue = false
    private var inFlight: Task<Void, Never>?
    private var pause: Task<Void, Never>?

    /// A reader that exports nothing before `run()`.
    ///
    /// - Parameters:
    ///   - interval: between the starts of two exports.
    ///   - timeout: for one export with all its retries.
    ///   - clock: measures both.
    ///   - target: where to.
    ///   - temporality: since when values add up.
    ///   - start: in nanoseconds since 1970; of streams that began before, deltas do not tell what was counted before the
    ///     first collection, since an earlier process may have.
    ///   - telemetry: tells, in each batch, how exporting goes; nil: nobody wants to know.
    ///   - logger: hears of transitions only.
    ///   - spread: multiplies waits; 0.8...1.2.
    ///   - delivered: called when the batch that was collected last has arrived.
    ///   - collect: makes a batch of what is known now, or nil when there is nothing to say. It is
    ///     called for each attempt.
    public init(
        interval: Duration, timeout: Duration, clock: C, target: ExportTarget,
        temporality: ExporterSettings.TemporalityPreference = .cumulative, start: UInt64 = 0,
        telemetry: SelfTelemetry? = nil, logger: Logger,
        spread: @escaping @Sendable () -> Double = { .random(in: 0.8...1.2) },
        delivered: @escaping @Sendable () async -> Void = {},
        collect: @escaping @Sendable () async -> MetricBatch?
    ) {
        self.interval = interval
        self.timeout = timeout
        self.clock = clock
        self.target = target
        self.telemetry = telemetry
        self.logger = logger
        self.spread = spread
        self.delivered = delivered
        self.collect = collect
        deltas = temporality == .cumulative ? nil : DeltaStreams(temporality, start: start)
        status.begin(target)
    }

    /// Exports, now and then on the interval, until the task is cancelled.
    public func run() async {
        logTarget()
        while !Task.isCancelled {
            let start = clock.now
            await export(within: timeout)
            await pause(after: start)
        }
    }

    /// Exports once, now, with retries until `limit` is over.
    public func flush(within limit: Duration = .seconds(3)) async {
        await export(within: limit)
    }

    /// Exports for the last time and lets go of the connection; `run()` should have ended.
    public func shutdown(within limit: Duration = .seconds(3)) async {
        await flush(within: limit)
        if case .exporter(let exporter) = target { await exporter.shutdown() }
    }

    /// Changes what is given, at once: a new interval counts from the last export's start, and a
    /// new target is tried immediately.
    public func reconfigure(
        interval: Duration? = nil, timeout: Duration? = nil, target: ExportTarget? = nil
    ) async {
        self.interval = interval ?? self.interval
        self.timeout = timeout ?? self.timeout
        if let target { await replaceTarget(with: target) }
        pause?.cancel()
    }

    private func replaceTarget(with new: ExportTarget) async {
        let old = target
        target = new
        telemetry?.gaveUp()
        (backoff, notBefore, isRefusalLogged) = (Backoff(), nil, false)
        status.begin(new)
        logTarget()
        isDue = true
        inFlight?.cancel()
        if case .exporter(let exporter) = old { await exporter.shutdown() }
    }

    private func export(within limit: Duration) async {
        while let inFlight { await inFlight.value }
        let deadline = clock.now.advanced(by: limit)
        let task = Task {
            await attempts(until: deadline)
            inFlight = nil
        }
        inFlight = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Until the interval is over, or longer if the collector is to be left alone: the next export
    /// is to have its whole timeout.
    private func pause(after start: C.Instant) async {
        while !isDue, !Task.isCancelled {
            let due = max(start.advanced(by: interval), notBefore ?? start)
            guard clock.now < due else { break }
            let sleep = Task { [clock] in
                _ = try? await clock.sleep(until: due, tolerance: nil)
            }
            pause = sleep
            await withTaskCancellationHandler {
                await sleep.value
            } onCancel: {
                sleep.cancel()
            }
        }
        isDue = false
    }
}
