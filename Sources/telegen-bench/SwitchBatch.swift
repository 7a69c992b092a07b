import Domain
import OTLP

/// What the agent exports of ports with a job each: packets and sizes, in four classes.
enum SwitchBatch {
    static func make(ports: Int) -> MetricBatch {
        let now = UnixTime.now.nanoseconds
        var (packets, sizes): ([NumberPoint], [HistogramPoint]) = ([], [])
        for port in 0..<ports {
            for packetClass in PacketClass.allCases {
                let attributes = attributes(port, packetClass)
                let buckets = (0..<SizeBounds.bucketCount).map { UInt64(1_000_000 * $0 + 1000 * port) }
                let count = buckets.reduce(0, +)
                packets.append(
                    NumberPoint(attributes: attributes, start: start, time: now, value: .int(Int64(count))))
                sizes.append(
                    HistogramPoint(
                        attributes: attributes, start: start, time: now, count: count, sum: Double(count) * 700,
                        bucketCounts: buckets, explicitBounds: bounds))
            }
        }
        return MetricBatch(
            resource: Resource(attributes: resource), scopeName: "telegen-sonic", scopeVersion: "1.0.0",
            metrics: [
                Metric(
                    name: "bpf.packets", description: "Packets seen on the wire, by class.", unit: "{packet}",
                    data: .sum(packets, monotonic: true, temporality: .cumulative)),
                Metric(
                    name: "bpf.bytes", description: "Sizes of packets on the wire, without FCS.", unit: "By",
                    data: .histogram(sizes, temporality: .cumulative)),
            ])
    }

    private static let start = UnixTime.now.nanoseconds
    private static let bounds = SizeBounds.upper.map(Double.init)
    private static let resource = [
        Attribute("service.name", "telegen-sonic"), Attribute("service.version", "1.0.0"),
        Attribute("host.name", "switch"), Attribute("os.type", "linux"),
    ]

    private static func attributes(_ port: Int, _ packetClass: PacketClass) -> [Attribute] {
        [
            Attribute("proto", packetClass.name), Attribute("network.interface.name", "Ethernet\(4 * port)"),
            Attribute("network.io.direction", "receive"), Attribute("telegen.job", "job\(port)"),
        ]
    }
}
