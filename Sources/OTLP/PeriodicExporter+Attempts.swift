extension PeriodicExporter {
    /// One export: attempts until everything is delivered, nothing can be, or the time is over.
    func attempts(until deadline: C.Instant) async {
        guard case .exporter(let exporter) = target else { return }
        var isNew = true
        while await mayTry(before: deadline) {
            guard let batch = await nextBatch(&isNew) else { return giveUp() }
            let outcome = await observedAttempt(batch, with: exporter, until: deadline)
            guard !Task.isCancelled else { return }
            switch outcome {
            case .success(let rejected, let message, _):
                await succeed(batch, rejected: rejected, message: message, at: exporter.destination)
                if deltas == nil { return }
            case .permanent(let failure):
                deltas?.refused()
                forgetFailures()
                fail(failure.reason, at: exporter.destination, remedy: "its log may say why")
                status.failedExports += 1
                return
            case .retryable(let failure, let asked):
                let remedy = "check that a collector of OTLP listens there, or set another otlp_endpoint"
                fail(failure.reason, at: exporter.destination, remedy: remedy)
                notBefore = clock.now.advanced(by: backoff.wait(spread: spread(), asked: asked))
            }
        }
        guard !Task.isCancelled else { return }
        status.failedExports += 1
        giveUp()
    }

    /// Waits out the back-off; false when that takes longer than this export may.
    private func mayTry(before deadline: C.Instant) async -> Bool {
        let next = notBefore ?? clock.now
        guard next < deadline, clock.now < deadline else { return false }
        if clock.now < next { try? await clock.sleep(until: next, tolerance: nil) }
        return !Task.isCancelled
    }

    /// What is to be delivered now; of deltas first what is unsent, then once what came since.
    private func nextBatch(_ isNew: inout Bool) async -> MetricBatch? {
        guard let pending = deltas?.unsent else { return await newestBatch() }
        if let part = pending.first { return part.batch }
        guard isNew, let batch = await newestBatch() else { return nil }
        isNew = false
        deltas?.take(batch)
        return deltas?.unsent.first?.batch
    }

    private func newestBatch() async -> MetricBatch? {
        let start = clock.now
        let collected = await collect()
        telemetry?.collected(in: start.duration(to: clock.now))
        guard let collected, collected.pointCount > 0 else { return nil }
        var batch = withOwnMetrics(collected)
        batch.keepTimesRising(after: latestTime)
        latestTime = max(latestTime, batch.latestTime)
        return batch
    }

    private func observedAttempt(
        _ batch: MetricBatch, with exporter: any MetricExporter, until deadline: C.Instant
    ) async -> ExportOutcome {
        telemetry?.passed(batch.pointCount, to: exporter.component)
        let start = clock.now
        let outcome = await attempt(batch, with: exporter, until: deadline)
        let told = Task.isCancelled ? .cancelled : outcome
        telemetry?.attempted(told, by: exporter.component, in: start.duration(to: clock.now))
        return told
    }

    /// The exporter's answer, or that there is none yet at the deadline. An exporter that does not
    /// stop when cancelled is left behind, not waited for.
    private func attempt(
        _ batch: MetricBatch, with exporter: any MetricExporter, until deadline: C.Instant
    ) async -> ExportOutcome {
        let (answers, continuation) = AsyncStream<ExportOutcome>.makeStream()
        let export = Task { continuation.yield(await exporter.export(batch)) }
        let timer = Task { [clock] in
            try? await clock.sleep(until: deadline, tolerance: nil)
            continuation.yield(.retryable(ExportFailure("no answer in time", type: "timeout"), after: nil))
        }
        defer {
            export.cancel()
            timer.cancel()
        }
        for await answer in answers { return answer }
        return .cancelled
    }

    private func succeed(_ batch: MetricBatch, rejected: Int64, message: String, at destination: String) async {
        let (rejected, message) = (max(rejected, 0), message.printable)
        if status.state != .ok { logger.info("metrics arrive at \(destination)") }
        forgetFailures()
        status.state = .ok
        status.lastExport = batch.latestTime
        let (sum, isOver) = status.rejectedPoints.addingReportingOverflow(UInt64(rejected))
        status.rejectedPoints = isOver ? .max : sum
        status.lastError = rejected > 0 ? "\(rejected) points refused: \(message)" : nil
        logRefusal(rejected, message, by: destination)
        deltas?.delivered()
        if deltas?.unsent.isEmpty ?? true { await delivered() }
    }

    private func fail(_ reason: String, at destination: String, remedy: String) {
        if status.state != .failing {
            logger.warning("metrics do not arrive at \(destination): \(reason); \(remedy)")
        }
        status.state = .failing
        status.lastError = reason
    }

    private func forgetFailures() {
        backoff.reset()
        notBefore = nil
    }

    /// Once per target: what is wrong with the points stays wrong.
    private func logRefusal(_ rejected: Int64, _ message: String, by destination: String) {
        guard rejected > 0 || !message.isEmpty, !isRefusalLogged else { return }
        isRefusalLogged = true
        let what = rejected > 0 ? "refuses \(rejected) points" : "warns"
        logger.warning("the collector at \(destination) \(what): \(message)")
    }

    func logTarget() {
        switch target {
        case .exporter(let exporter): logger.info("exporting metrics to \(exporter.destination)")
        case .disabled: logger.info("metrics are not exported: OTEL_SDK_DISABLED is true")
        case .invalid(let reason): logger.warning("metrics are not exported: \(reason)")
        }
    }
}

extension ExportOutcome {
    /// Nobody waits for the answer any more.
    fileprivate static var cancelled: ExportOutcome {
        .retryable(ExportFailure("cancelled", type: "cancelled"), after: nil)
    }
}
