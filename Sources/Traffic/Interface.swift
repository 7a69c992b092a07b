import CTraffic
import Glibc

/// A network device of the calling thread's network namespace.
struct Interface: Sendable {
    let name: String
    let index: UInt32

    init(_ name: String) throws(TrafficError) {
        self.name = name
        index = if_nametoindex(name)
        guard index != 0 else { throw .noInterface(name) }
    }
}

/// The device counters that tell of lost frames.
///
/// A frame that finds the backlog of a veth full is in `txDropped` of the side that sent it, and nowhere else a loss:
/// `rxDropped` also counts frames that arrived, were seen by every counter, and were then of no use to any protocol.
public struct DeviceDrops: Hashable, Sendable, Codable {
    public var txDropped: UInt64 = 0
    public var rxDropped: UInt64 = 0
    public var txErrors: UInt64 = 0
    public var rxErrors: UInt64 = 0

    public init() {}

    /// The sums over `interfaces`, which are of the calling thread's network namespace, since they exist.
    public init(of interfaces: [String]) throws(TrafficError) {
        for name in interfaces {
            let interface = try Interface(name)
            var drops = ctraffic_drops()
            _ = try TrafficError.check(ctraffic_link_drops(interface.index, &drops), "read statistics of \(name)")
            txDropped += drops.tx_dropped
            rxDropped += drops.rx_dropped
            txErrors += drops.tx_errors
            rxErrors += drops.rx_errors
        }
    }

    /// Frames that were lost on the way.
    public var lost: UInt64 { txDropped + txErrors + rxErrors }

    /// What was dropped since an earlier reading of the same interfaces.
    public func since(_ earlier: DeviceDrops) -> DeviceDrops {
        var difference = self
        difference.txDropped -= earlier.txDropped
        difference.rxDropped -= earlier.rxDropped
        difference.txErrors -= earlier.txErrors
        difference.rxErrors -= earlier.rxErrors
        return difference
    }
}
