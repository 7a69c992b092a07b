import Domain

/// Where every stream began in its source's counts: a stream whose port was renamed, exchanged or made anew starts at
/// zero, so that nothing is told twice.
struct StreamOrigins: Sendable {
    private var origins: [StreamID.Source: Origin] = [:]
    /// Of counts that began before, an earlier agent may have told.
    private let horizon: UnixTime
    /// The latest beginning of a flow that was forgotten.
    private var forgotten: UnixTime?

    /// The most flows that are remembered without being in the report.
    private static let mostDeparted = 4096

    init(horizon: UnixTime) { self.horizon = horizon }

    var count: Int { origins.count }

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

    /// What of a source's counts streams of its own have told: of what nobody knows, everything. Nil: nothing.
    func told(_ point: StreamPoint, of source: StreamID.Source) -> StreamValue? {
        if let origin = origins[source], origin.life == point.start, let told = origin.lastTold { return told }
        var isOld = point.start < horizon
        if case .flow = source.label, let forgotten { isOld = isOld || point.start <= forgotten }
        return isOld ? point.value : nil
    }

    /// Forgets jobs that are no more, and of the flows that have left the report all but the last. A job that is not
    /// exported now, as while its port is away, has no report: its flows are kept.
    mutating func forget(allBut jobs: Set<JobName>, exported: Set<JobName>, _ isCurrent: (StreamID) -> Bool) {
        var departed: [(source: StreamID.Source, left: UnixTime)] = []
        for (source, origin) in origins {
            if !jobs.contains(source.job) {
                origins[source] = nil
            } else if case .flow = source.label, exported.contains(source.job), !isCurrent(origin.id) {
                departed.append((source, origin.arrived?.time ?? origin.start))
            }
        }
        guard departed.count > Self.mostDeparted else { return }
        departed.sort { $0.left > $1.left }
        for (source, _) in departed.dropFirst(Self.mostDeparted / 2) {
            guard let origin = origins.removeValue(forKey: source) else { continue }
            forgotten = max(forgotten ?? origin.life, origin.life)
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

    var lastTold: StreamValue? { arrived?.value ?? told }

    /// Whether who counts has begun anew within the life.
    private func hasFallen(_ point: StreamPoint) -> Bool { lastTold.map { point.value.hasFallen(below: $0) } ?? false }
}
