/// An ERSPAN tunnel that copies are sent through: a device of its own, with everything but the ends fixed by the jobs that
/// share it.
public struct Tunnel: Hashable, Sendable {
    public var name: NetdevName
    public var ends: Ends
    public var ttl: UInt8
    public var tos: TypeOfService
    /// Header version: 1 (type II) or 2 (type III).
    public var version: UInt8
    /// Bytes kept of each copy; nil: all that the way to the collector carries.
    public var truncate: UInt16?
    /// The direction bit of every copy, where the version has one: the kernel fixes it for a device.
    public var direction: Direction

    /// The kernel takes one device for each (Linux, `ip_gre.c`: EEXIST), whatever else it is asked for.
    public struct Ends: Hashable, Sendable, CustomStringConvertible {
        public var local: IPv4Address
        public var remote: IPv4Address
        /// ERSPAN session id.
        public var key: UInt16

        public init(local: IPv4Address, remote: IPv4Address, key: UInt16) {
            (self.local, self.remote, self.key) = (local, remote, key)
        }

        public var description: String { "\(local) to \(remote) with key \(key)" }
    }

    public init(
        name: NetdevName, ends: Ends, ttl: UInt8 = 64, tos: TypeOfService = .inherit, version: UInt8 = 2,
        truncate: UInt16? = nil, direction: Direction = .ingress
    ) {
        (self.name, self.ends, self.ttl, self.tos) = (name, ends, ttl, tos)
        (self.version, self.truncate, self.direction) = (version, truncate, direction)
    }

    /// Bytes before the copy's own Ethernet header: IPv4, GRE with its sequence number, ERSPAN type II or III.
    public var overhead: Int { version == 1 ? 36 : 40 }

    /// The longest frame that a way of this MTU carries a copy of, whole.
    public func longestCopy(over mtu: Int) -> Int { mtu - overhead }

    /// The device's MTU, beyond which, with an Ethernet header, it cuts copies and marks them as cut.
    public func mtu(over way: Int) -> Int {
        max(Self.shortestCut, min(longestCopy(over: way), truncate.map { Int($0) } ?? .max)) - Self.ethernetHeader
    }

    /// Bytes: the kernel takes no MTU below 68 (`ETH_MIN_MTU`).
    static let shortestCut = 82

    static let ethernetHeader = 14
}

extension JobSpec {
    /// The tunnel that the job's copies go through; nil: an end point is missing.
    public func tunnel(_ agent: AgentMirror) -> Tunnel? {
        guard let remote = remote(agent), let local = local(agent) else { return nil }
        let key = erspan.key ?? agent.key
        let isAgents = remote == agent.remote && local == agent.local
        return Tunnel(
            name: erspan.name ?? (isAgents ? agent.name : NetdevName("tg\(key)")!),
            ends: .init(local: local, remote: remote, key: key), ttl: erspan.ttl ?? agent.ttl,
            tos: (erspan.tos ?? agent.tos).even, version: erspan.version, truncate: erspan.truncate,
            direction: direction == .egress && erspan.version == 2 ? .egress : .ingress)
    }

    func remote(_ agent: AgentMirror) -> IPv4Address? { erspan.remote ?? (isServed(by: agent) ? agent.remote : nil) }
    func local(_ agent: AgentMirror) -> IPv4Address? { erspan.local ?? (isServed(by: agent) ? agent.local : nil) }

    private func isServed(by agent: AgentMirror) -> Bool { agent.device == nil || agent.device == port }
}

extension TypeOfService {
    /// The kernel takes the lowest bit, of ECN's, for `inherit`, and writes ECN by itself.
    fileprivate var even: TypeOfService {
        if case .value(let value) = self { .value(value & ~1) } else { self }
    }
}

/// A device of kind `erspan` that exists.
public struct TunnelDevice: Hashable, Sendable {
    public let name: NetdevName
    public let ifindex: UInt32
    /// What it does; nil: what no job can ask for, such as a fallback device of the kernel's, which has no ends.
    public let tunnel: Tunnel?
    public let mtu: Int
    public let isUp: Bool
    /// Made by this agent or an earlier one, by its alias.
    public let isOurs: Bool
    /// Made by the kernel with its module, without ends: nobody's, and it cannot be deleted, only renamed.
    public let isFallback: Bool

    public init(
        name: NetdevName, ifindex: UInt32, tunnel: Tunnel?, mtu: Int, isUp: Bool = true, isOurs: Bool = true,
        isFallback: Bool = false
    ) {
        (self.name, self.ifindex, self.tunnel, self.mtu) = (name, ifindex, tunnel, mtu)
        (self.isUp, self.isOurs, self.isFallback) = (isUp, isOurs, isFallback)
    }
}

/// The way that copies take to their collector.
public enum Route: Hashable, Sendable {
    /// Out of this device.
    case out(ifindex: UInt32, mtu: Int)
    /// Why there is none.
    case none(reason: String)
}
