import Domain

/// Every metric that the agent exports.
enum ExportedMetric: Int, CaseIterable, Hashable, Sendable {
    case packets, bytes, parseErrors, filtered
    case dscp, ecn, tcpFlag, fragment, rocev2, rocev2CNP, control
    case flowPackets, flowBytes
    case burstUtilization, burstPeak
    case copies
    case sampleRate, cost

    enum Kind: Hashable, Sendable {
        /// Monotonic and cumulative.
        case sum
        /// Cumulative.
        case histogram
        case gauge
    }

    var kind: Kind {
        switch self {
        case .bytes, .burstUtilization: .histogram
        case .burstPeak, .sampleRate, .cost: .gauge
        default: .sum
        }
    }

    var name: String {
        switch self {
        case .packets: "bpf.packets"
        case .bytes: "bpf.bytes"
        case .parseErrors: "telegen.parse_errors"
        case .filtered: "telegen.filtered"
        case .dscp: "telegen.qos.dscp.packets"
        case .ecn: "telegen.qos.ecn.packets"
        case .tcpFlag: "telegen.qos.tcp_flag.packets"
        case .fragment: "telegen.qos.fragment.packets"
        case .rocev2: "telegen.qos.rocev2.packets"
        case .rocev2CNP: "telegen.qos.rocev2.cnp.packets"
        case .control: "telegen.qos.control.packets"
        case .flowPackets: "telegen.flow.packets"
        case .flowBytes: "telegen.flow.bytes"
        case .burstUtilization: "telegen.burst.utilization"
        case .burstPeak: "telegen.burst.peak"
        case .copies: "telegen.copies"
        case .sampleRate: "telegen.job.sample_rate"
        case .cost: "telegen.job.cost"
        }
    }

    var unit: String {
        switch self {
        case .bytes, .flowBytes, .burstPeak: "By"
        case .burstUtilization: "%"
        case .cost: "s"
        default: "{packet}"
        }
    }

    var description: String {
        switch self {
        case .packets: "Packets seen on the wire, by class."
        case .bytes: "Sizes of packets on the wire, without FCS."
        case .parseErrors: "Packets, counted in their class too, whose headers are malformed."
        case .filtered: "Packets that the job's filter left out."
        case .dscp: "IP packets by DSCP."
        case .ecn: "IP packets by ECN."
        case .tcpFlag: "TCP packets by flag."
        case .fragment: "IP fragments."
        case .rocev2: "RoCEv2 packets."
        case .rocev2CNP: "Congestion notification packets of RoCEv2."
        case .control: "Packets of the control plane, by protocol."
        case .flowPackets: "Packets of the largest flows."
        case .flowBytes: "Bytes of the largest flows."
        case .burstUtilization: "Windows of time by how much of the port's speed was used."
        case .burstPeak: "Most bytes in one window of the last minute."
        case .copies: "Packets by what became of their copies, sent or arriving."
        case .sampleRate: "One packet in this many is counted, for as many."
        case .cost: "Time that the job takes per packet."
        }
    }

    /// Upper bounds of a histogram's buckets, inclusive.
    var bounds: [Double] { self == .bytes ? Self.sizeBounds : Self.burstBounds }

    private static let sizeBounds = SizeBounds.upper.map(Double.init)
    private static let burstBounds = BurstBounds.upper.map(Double.init)
}
