/// What `detail` `qos` must have counted.
public struct QoSTally: Hashable, Sendable {
    /// IP packets by type of service or traffic class.
    public var typeOfService = [UInt64](repeating: 0, count: 256)
    /// TCP frames, segmented or not, by FIN 1, SYN 2 and RST 4.
    public var tcpFlags = [UInt64](repeating: 0, count: 8)
    /// Packets of protocols that occurred.
    public var control: [ExpectedControl: UInt64] = [:]
    public var fragments: UInt64 = 0
    public var rocev2: UInt64 = 0
    public var rocev2CNP: UInt64 = 0

    public init() {}

    /// `times` frames, each of which becomes `packets` wire packets.
    public mutating func add(_ headers: ExpectedHeaders, packets: Int, times: UInt64 = 1) {
        let count = UInt64(packets) * times
        if let protocolOfControl = headers.control { control[protocolOfControl, default: 0] += count }
        guard let ip = headers.ip else { return }
        typeOfService[ip.typeOfService] += count
        if let flags = ip.tcpFlags { tcpFlags[flags] += times }
        fragments += ip.isFragment ? count : 0
        rocev2 += ip.isRoCEv2 ? count : 0
        rocev2CNP += ip.isCongestionNotification ? count : 0
    }
}
