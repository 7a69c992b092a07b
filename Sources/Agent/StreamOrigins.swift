import Domain

/// Where every stream began in its source's counts: a stream whose port was renamed, exchanged or made anew starts at
/// zero, so that nothing is told twice.
struct StreamOrigins: Sendable {
    private var origins: [StreamID.Source: Origin] = [:]

    /// The point as its own stream has it.
    mutating func point(_ point: StreamPoint, of id: StreamID) -> StreamPoint {
        guard id.source.metric.kind != .gauge else { return point }
        let known = origins[id.source]
        if let known, known.goesOn(id, point) { return known.relative(point) }
        let origin = Origin(id, point, after: known)
        origins[id.source] = origin
        return origin.relative(point)
    }

    /// The counts as they arrived at `time`.
    mutating func delivered(_ counted: [StreamID: StreamPoint], at time: UnixTime) {
        for (id, point) in counted { origins[id.source]?.arrived = (point.value, time) }
    }

    /// Forgets jobs that are no more, and flows that have left the report. A job that is not exported now, as while its
    /// port is away, has no report: its flows are kept.
    mutating func forget(allBut jobs: Set<JobName>, exported: Set<JobName>, _ isCurrent: (StreamID) -> Bool) {
        for (source, origin) in origins {
            if case .flow = source.label, exported.contains(source.job), !isCurrent(origin.id) {
                origins[source] = nil
            } else if !jobs.contains(source.job) {
                origins[source] = nil
            }
        }
    }
}

/// At the counts' beginning, or where another stream of theirs ended.
private struct Origin: Sendable {
    let id: StreamID
    /// The life of the counts that it belongs to.
    let life: UnixTime
    let start: UnixTime
    /// What other streams have told; nil: nothing.
    let told: StreamValue?
    /// What arrived last, and when: another stream of the source begins there.
    var arrived: (value: StreamValue, time: UnixTime)?

    init(_ id: StreamID, _ point: StreamPoint, after known: Origin?) {
        (self.id, life) = (id, point.start)
        guard let known, known.life == life else {
            (start, told) = (life, nil)
            return
        }
        start = known.arrived?.time ?? known.start
        told = known.hasFallen(point) ? nil : known.lastTold
    }

    /// Whether the point is one more of the same stream.
    func goesOn(_ id: StreamID, _ point: StreamPoint) -> Bool {
        self.id == id && life == point.start && !hasFallen(point)
    }

    func relative(_ point: StreamPoint) -> StreamPoint {
        StreamPoint(start: start, value: point.value.since(told))
    }

    private var lastTold: StreamValue? { arrived?.value ?? told }

    /// Whether who counts has begun anew within the life.
    private func hasFallen(_ point: StreamPoint) -> Bool { lastTold.map { point.value.hasFallen(below: $0) } ?? false }
}
