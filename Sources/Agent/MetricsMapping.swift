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

extension StateSnapshot {
    /// The streams of all jobs that are to be exported and have not ended.
    func streams(withIfindex: Bool) -> [StreamID: StreamPoint] {
        var streams: [StreamID: StreamPoint] = [:]
        for job in jobs {
            guard let spec = job.status.job?.spec, spec.otlpExport, !job.status.operStatus.isEnded else { continue }
            for tap in job.taps where spec.direction.directions.contains(tap.direction) {
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

    /// Points of the streams that are, and a last one, without a value, of those that were.
    mutating func metrics(_ streams: [StreamID: StreamPoint], now: UnixTime) -> [Metric] {
        latest = streams
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

    /// The batch made last has arrived: the ends it told need not be told again.
    mutating func delivered() { open = latest }

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
