import Domain
import OTLP

/// One number of a job or a tap, as it is exported.
private struct Reading {
    let metric: ExportedMetric
    var label = StreamLabel.none
    let value: StreamValue
    /// Nil: when the tap's life began.
    var start: UnixTime?
}

extension StateSnapshot {
    /// The streams of all jobs that are to be exported and have not ended, with their counts since they began.
    func streams(withIfindex: Bool) -> [StreamID: StreamPoint] {
        var streams: [StreamID: StreamPoint] = [:]
        for job in jobs { job.add(to: &streams, withIfindex: withIfindex) }
        return streams
    }
}

extension StateSnapshot {
    /// How many jobs there are of every status, none of them too: also an agent that counts nothing is heard of.
    func jobCounts(at time: UnixTime) -> Metric {
        let counts = Dictionary(grouping: jobs, by: \.status.operStatus).mapValues(\.count)
        let points = OperStatus.allCases.map { status in
            NumberPoint(
                attributes: [Attribute("telegen.job.status", status.rawValue)], time: time.nanoseconds,
                value: .int(Int64(counts[status] ?? 0)))
        }
        return Metric(
            name: "telegen.jobs", description: "Jobs by their status.", unit: "{job}", data: .gauge(points))
    }
}

extension JobReport {
    fileprivate func add(to streams: inout [StreamID: StreamPoint], withIfindex: Bool) {
        guard let spec = status.job?.spec, spec.otlpExport, !status.operStatus.isEnded else { return }
        // While the port is away it has no number, and its streams wait.
        if withIfindex && status.ifindex == nil { return }
        func add(_ readings: [Reading], _ direction: Direction?, since start: UnixTime) {
            for reading in readings {
                let source = StreamID.Source(
                    metric: reading.metric, job: status.name, direction: direction, label: reading.label)
                let id = StreamID(
                    source: source, interface: spec.port.text, ifindex: withIfindex ? status.ifindex : nil)
                streams[id] = StreamPoint(start: reading.start ?? start, value: reading.value)
            }
        }
        let taps = taps.filter { status.directions.contains($0.direction) }
        let flows = topFlows
        for tap in taps {
            add(tap.readings + tap.readings(of: flows), tap.direction, since: tap.startedAt)
        }
        if !taps.isEmpty { add(readings(spec), nil, since: UnixTime(nanoseconds: 0)) }
    }

    private func readings(_ spec: JobSpec) -> [Reading] {
        var readings = [Reading(metric: .sampleRate, value: .gauge(.int(Int64(sampleRate ?? spec.sampleRate))))]
        if case .nanosecondsPerPacket(let cost) = cost {
            readings.append(Reading(metric: .cost, value: .gauge(.double(cost / 1e9))))
        }
        return readings
    }
}

extension TapReport {
    /// What is zero is left out, except for the classes.
    fileprivate var readings: [Reading] {
        let classes = PacketClass.allCases.flatMap { packetClass in
            let (label, counted) = (StreamLabel.packetClass(packetClass), counters[packetClass])
            return [
                Reading(metric: .packets, label: label, value: .sum(counted.packets)),
                Reading(metric: .bytes, label: label, value: .histogram(counted.sizes, sum: counted.bytes)),
            ]
        }
        let troubles: [Count] = [
            (.parseErrors, .none, counters.parseErrors), (.filtered, .none, counters.filtered),
        ]
        let counts = (troubles + (qos?.counts ?? []) + (copies?.counts ?? []) + (arrivals?.counts ?? [])).filter {
            $0.2 > 0
        }
        return classes + counts.map { Reading(metric: $0, label: $1, value: .sum($2)) } + (bursts?.readings ?? [])
    }

    fileprivate func readings(of flows: [DirectedFlow]) -> [Reading] {
        flows.filter { $0.direction == direction }.map(\.flow).flatMap { flow in
            [(ExportedMetric.flowPackets, flow.counted.packets), (.flowBytes, flow.counted.bytes)].map {
                Reading(metric: $0, label: .flow(flow.key), value: .sum($1), start: flow.firstSeen)
            }
        }
    }
}

private typealias Count = (ExportedMetric, StreamLabel, UInt64)

extension QoSCounters {
    fileprivate var counts: [Count] {
        let single: [Count] = [
            (.tcpFlag, .tcpFlag("fin"), tcpFIN), (.tcpFlag, .tcpFlag("syn"), tcpSYN),
            (.tcpFlag, .tcpFlag("rst"), tcpRST), (.fragment, .none, fragments), (.rocev2, .none, rocev2),
            (.rocev2CNP, .none, rocev2CNP),
        ]
        return dscp.enumerated().map { (.dscp, .dscp($0), $1) } + ecn.enumerated().map { (.ecn, .ecn($0), $1) }
            + single + ControlProtocol.allCases.map { (.control, .control($0), control[$0.rawValue]) }
    }
}

extension CopyCounters {
    fileprivate var counts: [Count] {
        [("sent", sent), ("failed", failed), ("suppressed", suppressed)].map { (.copies, .copyOutcome($0), $1) }
    }
}

extension ArrivalCounters {
    fileprivate var counts: [Count] {
        [("lost", lost), ("late", late), ("truncated", truncated), ("unparsed", unparsed)].map {
            (.copies, .copyOutcome($0), $1)
        }
    }
}

extension BurstReport {
    /// How full windows were is only told where the port's speed is known.
    fileprivate var readings: [Reading] {
        let peak = Reading(metric: .burstPeak, value: .gauge(.int(Int64(clamping: recentPeakBytes))))
        guard speed != nil else { return [peak] }
        let utilization = StreamValue.histogram(counters.windows, sum: nil)
        return [peak, Reading(metric: .burstUtilization, value: utilization, start: startedAt)]
    }
}
