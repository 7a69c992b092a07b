import Domain
import OTLP

/// What the agent of a switch exports whose ports have a job each: packets and sizes of received packets, in four classes.
/// The counts grow with time, as those of a busy switch do.
public struct SimulatedSwitch: Sendable {
    private let jobs: [JobName]
    private let resource: Resource
    private let start: UnixTime

    /// Packets per second, 0 to 1023: as different as those of real traffic, which compression has to bear.
    private static func rate(_ port: Int, _ packetClass: PacketClass, _ bucket: Int) -> UInt64 {
        UInt64((port << 8) + (packetClass.rawValue << 4) + bucket + 1) &* 0x9e37_79b9_7f4a_7c15 >> 54
    }

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
        var streams: [StreamID: StreamPoint] = [:]
        for (number, job) in jobs.enumerated() {
            for packetClass in PacketClass.allCases {
                let buckets = (0..<SizeBounds.bucketCount).map {
                    elapsed * Self.rate(number, packetClass, $0) / 1000
                }
                let packets = buckets.reduce(0, +)
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
