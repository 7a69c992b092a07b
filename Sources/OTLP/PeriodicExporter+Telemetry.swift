extension PeriodicExporter {
    /// The batch with what there is to say of exporting itself.
    public func withOwnMetrics(_ batch: MetricBatch) -> MetricBatch {
        var batch = batch
        batch.metrics += telemetry?.metrics(at: batch.latestTime) ?? []
        return batch
    }

    /// The export is over, and what it had is not sent again; deltas are.
    func giveUp() {
        if deltas == nil { telemetry?.gaveUp() }
    }
}
