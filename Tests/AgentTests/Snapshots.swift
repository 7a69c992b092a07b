import Domain

@testable import Agent

/// A running job `a` on Ethernet0, as the facades are told of it.
enum Snapshots {
    static let name = JobName("a")!
    static let start = UnixTime(nanoseconds: 2_000_000_000)

    /// - Parameter change: the row, before the job's status is told.
    static func job(_ taps: [TapReport], _ change: (inout JobSpec) -> Void = { _ in }) -> JobReport {
        let port = Port(name: NetdevName("Ethernet0")!, ifindex: 7)
        var spec = JobSpec(port: port.name)
        change(&spec)
        let attached = TapState(startedAt: start, attachment: Domain.Attachment(port: port, type: .tcx))
        let states = taps.map { (TapID(name, $0.direction), attached) }
        let observed = Observed(now: start, ports: [port.name: port], taps: Dictionary(uniqueKeysWithValues: states))
        var status = JobStatus(
            name, .count(ParsedJob(spec: spec, warnings: [])), Desired(mirror: AgentMirror(mode: .none)), observed)
        (status.operStatus, status.reason) = (.running, "")
        return JobReport(status: status, taps: taps, startedAt: start)
    }

    static func tap(_ direction: Direction = .ingress, packets: UInt64 = 0, bytes: UInt64 = 0) -> TapReport {
        var counters = Counters()
        counters[.ipv6].sizes[1] = packets
        counters[.ipv6].bytes = bytes
        return TapReport(direction: direction, startedAt: start, counters: counters)
    }

    /// A flow to port 443, told from others by its source port.
    static func flow(_ port: UInt16, packets: UInt64, score: Double, error: UInt64 = 0) -> FlowReport {
        let key = FlowKey(
            source: IPAddress("192.0.2.1")!, destination: IPAddress("198.51.100.7")!, proto: 6, sourcePort: port,
            destinationPort: 443)
        var flow = FlowReport(key: key, firstSeen: start, lastSeen: UnixTime(nanoseconds: 5_900_000_000))
        flow.counted = Volume(packets: packets, bytes: packets * 100)
        flow.error = Volume(packets: error, bytes: error * 100)
        flow.score = score
        return flow
    }
}
