import Domain
import OTLP
import Testing

@testable import Agent

@Suite("What is exported of a job")
struct MetricStreamsTests {
    private func streams(_ job: JobReport, withIfindex: Bool = false) -> [StreamID: StreamPoint] {
        StateSnapshot(jobs: [job]).streams(withIfindex: withIfindex)
    }

    private func named(_ job: JobReport) -> [String: [StreamID: StreamPoint]] {
        Dictionary(grouping: streams(job)) { $0.key.source.metric.name }.mapValues {
            Dictionary(uniqueKeysWithValues: $0.map { ($0.key, $0.value) })
        }
    }

    private func label(_ id: StreamID?, _ key: String) -> AttributeValue? {
        id?.attributes.first { $0.key == key }?.value
    }

    @Test("a plain job has its classes and its sampling rate, and no details")
    func plain() {
        let named = named(Snapshots.job([Snapshots.tap(packets: 3, bytes: 300)]) { $0.sampleRate = 10 })
        #expect(Set(named.keys) == ["bpf.packets", "bpf.bytes", "telegen.job.sample_rate"])
        #expect(named["bpf.packets"]?.count == 4 && named["bpf.bytes"]?.count == 4)
        let rate = named["telegen.job.sample_rate"]?.first
        #expect(rate?.value.value == .gauge(.int(10)))
        #expect(
            rate?.key.attributes == [
                Attribute("network.interface.name", "Ethernet0"), Attribute("telegen.job", "a"),
            ])
    }

    @Test("jobs are counted by their status, those of which nothing is exported too")
    func statuses() {
        var jobs = [Snapshots.job([]), Snapshots.job([]) { $0.otlpExport = false }]
        jobs[1].status.operStatus = .failed
        let metric = StateSnapshot(jobs: jobs).jobCounts(at: UnixTime(nanoseconds: 9))
        guard case .gauge(let points) = metric.data else { return #expect(Bool(false), "no gauge") }
        #expect(metric.name == "telegen.jobs" && points.count == OperStatus.allCases.count)
        let counts = points.map { ($0.attributes, $0.value) }.filter { $0.1 != .int(0) }
        #expect(
            counts.map(\.0) == [
                [Attribute("telegen.job.status", "running")], [Attribute("telegen.job.status", "failed")],
            ])
        #expect(counts.map(\.1) == [.int(1), .int(1)])
        #expect(StateSnapshot().jobCounts(at: UnixTime(nanoseconds: 9)).data.pointCount == points.count)
    }

    @Test("a job that is not exported, has ended or has counted nothing has no streams")
    func none() {
        #expect(streams(Snapshots.job([Snapshots.tap()]) { $0.otlpExport = false }).isEmpty)
        #expect(streams(Snapshots.job([])).isEmpty)
        #expect(streams(Snapshots.job([Snapshots.tap(.egress)])).isEmpty)
        var ended = Snapshots.job([Snapshots.tap()])
        ended.status.operStatus = .disabled
        #expect(streams(ended).isEmpty)
    }

    @Test("with the device's number streams have it, and wait while there is none")
    func ifindex() {
        var job = Snapshots.job([Snapshots.tap()])
        #expect(streams(job, withIfindex: true).keys.allSatisfy { $0.ifindex == 7 })
        job.status.ifindex = nil
        #expect(streams(job, withIfindex: true).isEmpty)
    }

    @Test("what qos counted is one stream for each value that came")
    func qos() {
        var qos = QoSCounters()
        qos.typeOfService[46 << 2 | 3] = 5
        qos.tcpFlags[2] = 6
        qos.control[ControlProtocol.lldp.rawValue] = 7
        (qos.fragments, qos.rocev2, qos.rocev2CNP) = (1, 2, 3)
        var tap = Snapshots.tap()
        tap.qos = qos
        let named = named(Snapshots.job([tap])).filter { $0.key.hasPrefix("telegen.qos") }
        #expect(
            named.mapValues { $0.values.map(\.value) } == [
                "telegen.qos.dscp.packets": [.sum(5)], "telegen.qos.ecn.packets": [.sum(5)],
                "telegen.qos.tcp_flag.packets": [.sum(6)], "telegen.qos.control.packets": [.sum(7)],
                "telegen.qos.fragment.packets": [.sum(1)], "telegen.qos.rocev2.packets": [.sum(2)],
                "telegen.qos.rocev2.cnp.packets": [.sum(3)],
            ])
        #expect(named.values.allSatisfy { $0.values.allSatisfy { $0.start == Snapshots.start } })
        #expect(label(named["telegen.qos.dscp.packets"]?.keys.first, "telegen.dscp") == .int(46))
        #expect(label(named["telegen.qos.ecn.packets"]?.keys.first, "telegen.ecn") == .string("ce"))
        #expect(label(named["telegen.qos.tcp_flag.packets"]?.keys.first, "telegen.tcp.flag") == .string("syn"))
        #expect(
            label(named["telegen.qos.control.packets"]?.keys.first, "telegen.control.protocol") == .string("lldp"))
    }

    @Test("copies are told by what became of them, those that are sent and those that arrive")
    func copies() {
        var tap = Snapshots.tap()
        tap.copies = CopyCounters(sent: 5, failed: 2, suppressed: 3)
        func outcomes(_ tap: TapReport) -> [AttributeValue: StreamValue] {
            let streams = named(Snapshots.job([tap]))["telegen.copies"] ?? [:]
            return Dictionary(
                uniqueKeysWithValues: streams.map { (label($0.key, "telegen.copy.outcome") ?? .int(0), $0.value.value) }
            )
        }
        #expect(
            outcomes(tap) == [.string("sent"): .sum(5), .string("failed"): .sum(2), .string("suppressed"): .sum(3)])
        tap = Snapshots.tap()
        tap.arrivals = ArrivalCounters(lost: 4, late: 3, truncated: 2, unparsed: 1)
        #expect(
            outcomes(tap) == [
                .string("lost"): .sum(4), .string("late"): .sum(3), .string("truncated"): .sum(2),
                .string("unparsed"): .sum(1),
            ])
    }

    @Test("parse errors and filtered packets are told by direction")
    func troubles() {
        var tap = Snapshots.tap(.egress)
        (tap.counters.parseErrors, tap.counters.filtered) = (3, 4)
        let named = named(Snapshots.job([tap]) { $0.direction = .egress })
        #expect(named["telegen.parse_errors"]?.values.map(\.value) == [.sum(3)])
        #expect(named["telegen.filtered"]?.values.map(\.value) == [.sum(4)])
        #expect(label(named["telegen.filtered"]?.keys.first, "network.io.direction") == .string("transmit"))
    }

    @Test("the reported flows, and no others, are streams since they were first seen")
    func flows() throws {
        var tap = Snapshots.tap(packets: 100)
        tap.flows = [Snapshots.flow(1, packets: 5, score: 50), Snapshots.flow(2, packets: 1, score: 10)]
        let named = named(Snapshots.job([tap]) { $0.topFlows = 1 })
        let packets = try #require(named["telegen.flow.packets"]?.first)
        #expect(named["telegen.flow.packets"]?.count == 1)
        #expect(packets.value == StreamPoint(start: Snapshots.start, value: .sum(5)))
        #expect(named["telegen.flow.bytes"]?.values.map(\.value) == [.sum(500)])
        #expect(
            Set(packets.key.attributes) == [
                Attribute("source.address", "192.0.2.1"), Attribute("source.port", .int(1)),
                Attribute("destination.address", "198.51.100.7"), Attribute("destination.port", .int(443)),
                Attribute("network.type", "ipv4"), Attribute("network.transport", "tcp"),
                Attribute("network.interface.name", "Ethernet0"), Attribute("network.io.direction", "receive"),
                Attribute("telegen.job", "a"),
            ])
    }

    @Test("a flow without ports has no such attributes")
    func noPorts() throws {
        let key = FlowKey(
            source: try #require(IPAddress("2001:db8::1")), destination: try #require(IPAddress("ff02::1")), proto: 58,
            sourcePort: 0, destinationPort: 0)
        var tap = Snapshots.tap()
        tap.flows = [FlowReport(key: key, firstSeen: Snapshots.start, lastSeen: Snapshots.start)]
        let id = try #require(named(Snapshots.job([tap]))["telegen.flow.packets"]?.keys.first)
        #expect(label(id, "source.port") == nil && label(id, "destination.port") == nil)
        #expect(label(id, "network.type") == .string("ipv6") && label(id, "network.transport") == .string("icmpv6"))
    }

    @Test("bursts are a peak and, where the speed is known, a distribution since the tracker began")
    func bursts() {
        let began = UnixTime(nanoseconds: 77)
        var tap = Snapshots.tap()
        tap.bursts = BurstReport(
            counters: BurstCounters(), resolution: 1000, speed: 1_000_000, recentPeakBytes: 9, startedAt: began)
        let known = named(Snapshots.job([tap]))
        #expect(known["telegen.burst.peak"]?.values.map(\.value) == [.gauge(.int(9))])
        let windows = Array(repeating: UInt64(0), count: BurstBounds.bucketCount)
        #expect(
            known["telegen.burst.utilization"]?.values.map(\.self) == [
                StreamPoint(start: began, value: .histogram(windows, sum: nil))
            ])
        tap.bursts?.speed = nil
        let unknown = named(Snapshots.job([tap]))
        #expect(unknown["telegen.burst.peak"] != nil && unknown["telegen.burst.utilization"] == nil)
    }

    @Test("what a packet costs is told when it is known")
    func cost() {
        var job = Snapshots.job([Snapshots.tap()])
        job.cost = .unavailable(reason: "x")
        #expect(named(job)["telegen.job.cost"] == nil)
        job.cost = .nanosecondsPerPacket(12.5)
        #expect(named(job)["telegen.job.cost"]?.values.map(\.value) == [.gauge(.double(12.5e-9))])
    }

    @Test("metrics are named once, and a histogram has a bucket more than bounds")
    func names() {
        #expect(Set(ExportedMetric.allCases.map(\.name)).count == ExportedMetric.allCases.count)
        #expect(ExportedMetric.bytes.bounds.count + 1 == SizeBounds.bucketCount)
        #expect(ExportedMetric.burstUtilization.bounds.count + 1 == BurstBounds.bucketCount)
    }
}
