import Domain
import OTLP

/// What tells one exported stream from the others.
struct StreamID: Hashable, Sendable {
    let job: JobName
    let direction: Direction
    let interface: String
    let ifindex: UInt32?
    let packetClass: PacketClass

    var attributes: [Attribute] {
        let direction = direction == .ingress ? "receive" : "transmit"
        return [
            Attribute("proto", packetClass.name), Attribute("network.interface.name", interface),
            Attribute("network.io.direction", direction), Attribute("telegen.job", job.text),
        ] + (ifindex.map { [Attribute("ifindex", .int(Int64($0)))] } ?? [])
    }
}

/// The newest point of a stream.
struct StreamPoint: Hashable, Sendable {
    let start: UnixTime
    let counters: ClassCounters
}

extension StreamID {
    /// The counters behind the stream, whatever its port is called or numbered.
    struct Source: Hashable, Sendable {
        let job: JobName
        let direction: Direction
        let packetClass: PacketClass
    }

    var source: Source { Source(job: job, direction: direction, packetClass: packetClass) }
}

extension ClassCounters {
    /// What came since `earlier`.
    func since(_ earlier: ClassCounters) -> ClassCounters {
        ClassCounters(sizes: zip(sizes, earlier.sizes).map { $0 &- $1 }, bytes: bytes &- earlier.bytes)
    }
}

extension StateSnapshot {
    /// The streams of all jobs that are to be exported and have not ended.
    func streams(withIfindex: Bool) -> [StreamID: StreamPoint] {
        var streams: [StreamID: StreamPoint] = [:]
        for job in jobs {
            guard let spec = job.status.job?.spec, spec.otlpExport, !job.status.operStatus.isEnded else { continue }
            for tap in job.taps where spec.direction.directions.contains(tap.direction) {
                // While the port is away it has no number, and its stream waits.
                if withIfindex && job.status.ifindex == nil { continue }
                for packetClass in PacketClass.allCases {
                    let id = StreamID(
                        job: job.status.name, direction: tap.direction, interface: spec.port.text,
                        ifindex: withIfindex ? job.status.ifindex : nil, packetClass: packetClass)
                    streams[id] = StreamPoint(start: tap.startedAt, counters: tap.counters[packetClass])
                }
            }
        }
        return streams
    }
}

/// Makes the metrics `bpf.packets` and `bpf.bytes`, and says the end of streams that are no more.
struct MetricsMapping: Sendable {
    private static let bounds = SizeBounds.upper.map(Double.init)
    /// Streams that the collector has heard of and not yet the end of: bounded, however long it is away.
    private var open: [StreamID: StreamPoint] = [:]
    private var latest: [StreamID: StreamPoint] = [:]
    private var latestCounted: [StreamID: StreamPoint] = [:]
    private var latestTime = UnixTime(nanoseconds: 0)
    private var origins: [StreamID.Source: Origin] = [:]

    /// Where a stream began in its source's counts: at their beginning, or where another stream of theirs ended.
    private struct Origin: Sendable {
        let id: StreamID
        /// The life of the counters that it belongs to.
        let life: UnixTime
        let start: UnixTime
        let counters: ClassCounters
        /// What arrived last, and when: another stream of the source begins there.
        var last: ClassCounters
        var lastTime: UnixTime
    }

    /// Points of the streams that are, and a last one, without a value, of those that were.
    ///
    /// - Parameter jobs: all that exist, exported now or not.
    mutating func metrics(
        _ counted: [StreamID: StreamPoint], jobs: Set<JobName>, now: UnixTime
    ) -> [Metric] {
        origins = origins.filter { jobs.contains($0.key.job) }
        var streams: [StreamID: StreamPoint] = [:]
        for (id, point) in counted { streams[id] = fromOrigin(id, point) }
        latest = streams
        (latestCounted, latestTime) = (counted, now)
        let ended = open.filter { streams[$0.key] == nil }
        let points = streams.map { ($0.key, $0.value, false) } + ended.map { ($0.key, $0.value, true) }
        guard !points.isEmpty else { return [] }
        return [
            Metric(
                name: "bpf.packets", description: "Packets seen on the wire, by class.", unit: "{packet}",
                data: .sum(
                    points.map { Self.packets($0, $1, hasEnded: $2, now) }, monotonic: true, temporality: .cumulative)),
            Metric(
                name: "bpf.bytes", description: "Sizes of packets on the wire, without FCS.", unit: "By",
                data: .histogram(points.map { Self.sizes($0, $1, hasEnded: $2, now) }, temporality: .cumulative)),
        ]
    }

    /// The point as its own stream has it: a stream whose port was renamed, exchanged or made anew starts at zero.
    private mutating func fromOrigin(_ id: StreamID, _ point: StreamPoint) -> StreamPoint {
        let origin: Origin
        if let known = origins[id.source], known.life == point.start {
            origin =
                known.id == id
                ? known
                : Origin(
                    id: id, life: known.life, start: known.lastTime, counters: known.last, last: known.last,
                    lastTime: known.lastTime)
        } else {
            origin = Origin(
                id: id, life: point.start, start: point.start, counters: ClassCounters(), last: ClassCounters(),
                lastTime: point.start)
        }
        origins[id.source] = origin
        return StreamPoint(start: origin.start, counters: point.counters.since(origin.counters))
    }

    /// The batch made last has arrived: the ends it told need not be told again.
    mutating func delivered() {
        open = latest
        for (id, point) in latestCounted {
            origins[id.source]?.last = point.counters
            origins[id.source]?.lastTime = latestTime
        }
    }

    private static func packets(_ id: StreamID, _ point: StreamPoint, hasEnded: Bool, _ now: UnixTime) -> NumberPoint {
        NumberPoint(
            attributes: id.attributes, start: point.start.nanoseconds, time: now.nanoseconds,
            value: .int(Int64(clamping: point.counters.packets)), noRecordedValue: hasEnded)
    }

    private static func sizes(_ id: StreamID, _ point: StreamPoint, hasEnded: Bool, _ now: UnixTime) -> HistogramPoint {
        HistogramPoint(
            attributes: id.attributes, start: point.start.nanoseconds, time: now.nanoseconds,
            count: point.counters.packets, sum: Double(point.counters.bytes), bucketCounts: point.counters.sizes,
            explicitBounds: bounds, noRecordedValue: hasEnded)
    }
}
