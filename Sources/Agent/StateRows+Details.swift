import Domain

extension TapReport {
    /// A row of TELEGEN_STATS_TABLE.
    ///
    /// - Parameter flows: those that the job reports, of both directions.
    func fields(reported flows: [DirectedFlow]) -> [String: String] {
        var fields = counters.fields
        if self.flows != nil {
            let other = rest(of: flows)
            fields["flow_other_packets"] = String(other.packets)
            fields["flow_other_bytes"] = String(other.bytes)
        }
        for more in [qos?.fields, bursts?.fields, copies?.fields, arrivals?.fields] {
            fields.merge(more ?? [:]) { _, new in new }
        }
        return fields
    }

    /// Everything that is in none of the flows.
    private func rest(of flows: [DirectedFlow]) -> Volume {
        let own = flows.filter { $0.direction == direction }
        return own.reduce(Volume(packets: counters.packets, bytes: counters.bytes)) { $0 - $1.flow.counted }
    }
}

extension QoSCounters {
    fileprivate var fields: [String: String] {
        var fields = [
            "dscp_packets": dscp.commaList, "ecn_packets": ecn.commaList, "tcp_fin_packets": String(tcpFIN),
            "tcp_syn_packets": String(tcpSYN), "tcp_rst_packets": String(tcpRST),
            "fragment_packets": String(fragments), "rocev2_packets": String(rocev2),
            "rocev2_cnp_packets": String(rocev2CNP),
        ]
        for name in ControlProtocol.allCases { fields["control_\(name.name)_packets"] = String(control[name.rawValue]) }
        return fields
    }
}

extension CopyCounters {
    fileprivate var fields: [String: String] {
        ["copies_sent": String(sent), "copies_failed": String(failed), "copies_suppressed": String(suppressed)]
    }
}

extension ArrivalCounters {
    fileprivate var fields: [String: String] {
        [
            "copies_lost": String(lost), "copies_late": String(late), "copies_truncated": String(truncated),
            "copies_unparsed": String(unparsed),
        ]
    }
}

extension BurstReport {
    /// What is not known without the port's speed is empty.
    fileprivate var fields: [String: String] {
        [
            "burst_resolution_us": String(resolution), "burst_peak_bytes": String(counters.peakBytes),
            "burst_peak_percent": peakPercent?.oneDecimal ?? "",
            "burst_bounds_percent": BurstBounds.upper.commaList,
            "burst_windows": speed == nil ? "" : counters.windows.commaList,
            "burst_speed_bps": speed.map { String($0) } ?? "",
        ]
    }
}

extension DirectedFlow {
    /// A row of TELEGEN_FLOW_TABLE.
    var fields: [String: String] {
        let key = flow.key
        return [
            "direction": direction.rawValue, "five_tuple": key.description, "source": key.source.description,
            "destination": key.destination.description, "proto": IPProtocol.text(key.proto),
            "source_port": String(key.sourcePort), "destination_port": String(key.destinationPort),
            "packets": String(flow.counted.packets), "bytes": String(flow.counted.bytes),
            "error_packets": String(flow.error.packets), "error_bytes": String(flow.error.bytes),
            "first_seen": flow.firstSeen.text, "last_seen": flow.lastSeen.text,
        ]
    }
}

extension JobCost {
    /// `12.3`, or `n/a: ` and why.
    var text: String {
        switch self {
        case .nanosecondsPerPacket(let cost): cost.oneDecimal
        case .unavailable(let reason): "n/a: \(reason)"
        }
    }
}

extension Double {
    fileprivate var oneDecimal: String { String((self * 10).rounded() / 10) }
}

extension Sequence where Element: BinaryInteger {
    var commaList: String { map { String($0) }.joined(separator: ",") }
}
