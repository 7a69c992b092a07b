import Domain
import OTLP

/// What the agent of a switch exports whose ports have a job each: packets and sizes of received packets, in four classes.
/// The counts grow with time, as those of a busy switch do.
public struct SimulatedSwitch: Sendable {
    private let jobs: [JobName]
    private let resource: Resource
    private let start: UnixTime

    /// Packets per second of each port, class and size.
    private static let packetsPerSecond: UInt64 = 100

    /// - Parameters:
    ///   - name: its `host.name`, and what its instance is known by.
    ///   - ports: 1 or more.
    ///   - start: when it began to count.
    public init(name: String, ports: Int, start: UnixTime) {
        jobs = (0..<ports).map { JobName("job\($0)")! }
        resource = Resource(attributes: [
            Attribute("service.name", "telegen-sonic"), Attribute("service.instance.id", name),
            Attribute("host.name", name), Attribute("os.type", "linux"),
        ])
        self.start = start
    }

    /// Everything, as it is at `time`: eight points a port.
    public func batch(at time: UnixTime) -> MetricBatch {
        let elapsed = (time > start ? time.nanoseconds - start.nanoseconds : 0) / 1_000_000
        let buckets = [UInt64](
            repeating: elapsed * Self.packetsPerSecond / 1000, count: SizeBounds.bucketCount)
        let packets = buckets.reduce(0, +)
        var streams: [StreamID: StreamPoint] = [:]
        for (number, job) in jobs.enumerated() {
            for packetClass in PacketClass.allCases {
                for (metric, value) in [
                    (ExportedMetric.packets, StreamValue.sum(packets)),
                    (.bytes, .histogram(buckets, sum: packets * 700)),
                ] {
                    let source = StreamID.Source(
                        metric: metric, job: job, direction: .ingress, label: .packetClass(packetClass))
                    let id = StreamID(source: source, interface: "Ethernet\(4 * number)", ifindex: nil)
                    streams[id] = StreamPoint(start: start, value: value)
                }
            }
        }
        var mapping = MetricsMapping(start: start)
        return MetricBatch(
            resource: resource, scopeName: "telegen-sonic", scopeVersion: "simulated",
            metrics: mapping.metrics(streams, jobs: Set(jobs), now: time))
    }
}
