/// Which tunnels there shall be, and which job's copies go through which: from the jobs' wishes, the devices and the
/// routes. Pure, as the planner is.
public struct Mirrors: Hashable, Sendable {
    /// Of every job that asks for copies.
    public private(set) var shares: [JobName: Share] = [:]
    /// In the order of execution.
    public private(set) var actions: [TunnelAction] = []
    /// Those that there shall be.
    public private(set) var tunnels: Set<Tunnel> = []

    public enum Share: Hashable, Sendable {
        /// The job's copies go through this device. `warnings`: what is otherwise than one might think.
        case through(TunnelDevice, warnings: [String])
        /// The device is being made.
        case pending
        /// One sentence with the remedy.
        case refused(reason: String)
    }

    public init() {}

    public init(_ intents: [JobName: Intent], _ desired: Desired, _ observed: Observed) {
        let surroundings = Surroundings(observed)
        var wishes: [Tunnel.Ends: [Wish]] = [:]
        for case (let name, .count(let job)) in intents where job.spec.effectiveMode(desired.mirror) == .erspan {
            guard let tunnel = job.spec.tunnel(desired.mirror) else { continue }
            if let reason = surroundings.refusal(of: job.spec, tunnel) {
                shares[name] = .refused(reason: reason)
            } else {
                let wish = Wish(
                    job: name, spec: job.spec, tunnel: tunnel, standing: surroundings.standing(of: name, tunnel))
                wishes[tunnel.ends, default: []].append(wish)
            }
        }
        var named: [NetdevName: JobName] = [:]
        for group in wishes.values.map({ $0.sorted() }).sorted(by: { $0[0] < $1[0] }) {
            let free = group.filter { named[$0.tunnel.name] == nil }
            for wish in group {
                if let owner = named[wish.tunnel.name] { shares[wish.job] = .refused(reason: wish.taken(by: owner)) }
            }
            guard let lead = free.first else { continue }
            named[lead.tunnel.name] = lead.job
            settle(free, surroundings)
        }
        let wanted = Set(tunnels.map(\.ends))
        for device in observed.tunnels where device.isOurs {
            if device.tunnel.map({ !wanted.contains($0.ends) }) ?? true {
                actions.append(.remove(device))
            }
        }
        actions.sort { $0.order < $1.order }
    }

    /// - Parameter group: jobs with equal ends, the one that has its way before the others.
    private mutating func settle(_ group: [Wish], _ surroundings: Surroundings) {
        let lead = group[0]
        var sharers: [Wish] = []
        for wish in group {
            if let field = wish.disagreement(with: lead) {
                shares[wish.job] = .refused(
                    reason: "\(field) is not that of job \(lead.job), with which it shares the tunnel from "
                        + "\(lead.tunnel.ends): let them agree, or take another erspan_key")
            } else {
                sharers.append(wish)
            }
        }
        var tunnel = lead.tunnel
        // Type II has no such bit.
        let isEgress = tunnel.version == 2 && sharers.allSatisfy { $0.spec.direction == .egress }
        tunnel.direction = isEgress ? .egress : .ingress
        tunnels.insert(tunnel)
        let share = share(of: tunnel, surroundings)
        for wish in sharers {
            if case .through(let device, let warnings) = share {
                shares[wish.job] = .through(device, warnings: warnings + wish.warnings(tunnel))
            } else {
                shares[wish.job] = share
            }
        }
    }

    private mutating func share(of tunnel: Tunnel, _ surroundings: Surroundings) -> Share {
        let observed = surroundings.observed
        let way: Int
        switch observed.routes[tunnel.ends] {
        case .out(_, let mtu)?: way = mtu
        case .none(let reason)?: return .refused(reason: reason)
        case nil: return .pending
        }
        let mtu = tunnel.mtu(over: way)
        let device = surroundings.devices[tunnel.ends]
        if let device, device.does(tunnel), device.isOurs || tunnel.truncate == nil || device.mtu == mtu {
            if device.isOurs, device.mtu != mtu { actions.append(.setMTU(device, mtu)) }
            return .through(device, warnings: Self.warnings(tunnel, way))
        }
        if let device, !device.isOurs, !device.isLeft(of: tunnel) {
            return .refused(
                reason:
                    "the device \(device.name) of others is a tunnel from \(tunnel.ends) already, and is otherwise than "
                    + "this job asks: remove it, or take another erspan_key")
        }
        if let failure = observed.tunnelFailures[tunnel], failure.retryAt > observed.uptime {
            return .refused(reason: failure.reason)
        }
        actions.append(.make(tunnel, mtu: mtu, inPlaceOf: device))
        return observed.tunnelFailures[tunnel].map { .refused(reason: $0.reason) } ?? .pending
    }

    private static func warnings(_ tunnel: Tunnel, _ way: Int) -> [String] {
        let longest = tunnel.longestCopy(over: way)
        if let truncate = tunnel.truncate, Int(truncate) <= longest { return [] }
        return [
            "copies of more than \(longest) bytes are cut to that: the way to \(tunnel.ends.remote) has an MTU of \(way); "
                + (tunnel.truncate == nil ? "erspan_truncate says how much is enough" : "lower erspan_truncate")
        ]
    }
}

extension Mirrors.Share {
    /// Of the device that copies go through.
    var ifindex: UInt32? {
        if case .through(let device, _) = self { device.ifindex } else { nil }
    }
}

/// One step towards the tunnels that there shall be.
public enum TunnelAction: Hashable, Sendable {
    /// In the place of a device of ours that is not as it shall be.
    case make(Tunnel, mtu: Int, inPlaceOf: TunnelDevice?)
    case setMTU(TunnelDevice, Int)
    /// Nobody wants it any more.
    case remove(TunnelDevice)

    public var isRemoval: Bool {
        if case .remove = self { true } else { false }
    }

    fileprivate var order: (Int, String) {
        switch self {
        case .remove(let device): (0, device.name.text)
        case .setMTU(let device, _): (1, device.name.text)
        case .make(let tunnel, _, _): (2, tunnel.name.text)
        }
    }
}

/// A job that asks for copies.
private struct Wish: Comparable {
    let job: JobName
    let spec: JobSpec
    let tunnel: Tunnel
    let standing: Standing

    /// Others have to agree with whom comes first, not it with them.
    enum Standing: Int {
        /// There is such a tunnel now.
        case hasTunnel
        /// Its copies are being sent, through a tunnel that is otherwise now, or gone.
        case sends
        case isNew
    }

    static func < (a: Wish, b: Wish) -> Bool {
        (a.standing.rawValue, a.job) < (b.standing.rawValue, b.job)
    }

    /// The field of which the other says something else.
    func disagreement(with other: Wish) -> String? {
        let (a, b) = (tunnel, other.tunnel)
        return if a.name != b.name {
            "erspan_name \(a.name)"
        } else if a.version != b.version {
            "erspan_ver \(a.version)"
        } else if a.ttl != b.ttl {
            "erspan_ttl \(a.ttl)"
        } else if a.tos != b.tos {
            "erspan_tos \(a.tos)"
        } else if a.truncate != b.truncate {
            "erspan_truncate \(a.truncate.map { String($0) } ?? "(none)")"
        } else {
            nil
        }
    }

    func taken(by owner: JobName) -> String {
        "erspan_name \(tunnel.name) is that of another tunnel, of job \(owner): give this job another erspan_name"
    }

    func warnings(_ tunnel: Tunnel) -> [String] {
        var warnings: [String] = []
        if tunnel.version == 2, spec.direction != .ingress, tunnel.direction == .ingress {
            warnings.append(
                "the direction bit of all copies says ingress, of egress copies too: the kernel fixes it for a tunnel")
        }
        if let truncate = tunnel.truncate, truncate < Tunnel.shortestCut {
            warnings.append("erspan_truncate \(truncate): the kernel cuts no shorter than \(Tunnel.shortestCut) bytes")
        }
        if case .value(let tos)? = spec.erspan.tos, tunnel.tos != .value(tos) {
            warnings.append("erspan_tos \(tos): the kernel takes an odd one for inherit; \(tunnel.tos) is used")
        }
        return warnings
    }
}

/// What is observed, with what is looked up for every job.
private struct Surroundings {
    let observed: Observed
    let devices: [Tunnel.Ends: TunnelDevice]
    /// Of devices that are members, by their number.
    let masters: [UInt32: UInt32]

    init(_ observed: Observed) {
        self.observed = observed
        devices = Dictionary(observed.tunnels.compactMap { device in device.tunnel.map { ($0.ends, device) } }) {
            a, b in
            a.isOurs ? a : b
        }
        masters = Dictionary(observed.ports.values.compactMap { port in port.master.map { (port.ifindex, $0) } }) { $1 }
    }

    func standing(of job: JobName, _ tunnel: Tunnel) -> Wish.Standing {
        if has(tunnel) { return .hasTunnel }
        let taps = Direction.allCases.map { observed.taps[TapID(job, $0)] }
        return taps.contains { $0?.measurement?.copies != nil } ? .sends : .isNew
    }

    /// Whether a device of ours was made for a job that asks for this.
    private func has(_ tunnel: Tunnel) -> Bool {
        guard let device = devices[tunnel.ends], device.isOurs, var own = device.tunnel else { return false }
        if case .out(_, let way)? = observed.routes[tunnel.ends], device.mtu != tunnel.mtu(over: way) { return false }
        (own.truncate, own.direction) = (tunnel.truncate, tunnel.direction)
        return own == tunnel
    }

    /// Why no copies of the job can be sent through its tunnel, whatever others ask of that; nil: they can.
    func refusal(of spec: JobSpec, _ tunnel: Tunnel) -> String? {
        guard let port = observed.ports[spec.port] else { return nil }
        if port.layer == .network {
            return
                "\(port.name) has no Ethernet header, without which ERSPAN carries nothing: mirror_mode none counts it"
        }
        return loop(of: spec, by: port, tunnel.ends)
    }

    /// Why the job's copies would come by its own port again; nil: they do not.
    private func loop(of spec: JobSpec, by port: Port, _ ends: Tunnel.Ends) -> String? {
        guard spec.direction != .ingress, case .out(let way, _)? = observed.routes[ends] else { return nil }
        guard way == port.ifindex || port.master == way || masters[way] == port.ifindex else { return nil }
        return "copies to \(ends.remote) leave through \(port.name), whose egress they would be copies of: "
            + "watch its ingress alone, or route \(ends.remote) by another port"
    }
}

extension TunnelDevice {
    /// Whether an agent that was ended in the middle of making this tunnel has left it: nobody else makes one that is
    /// alike in everything, and leaves it down.
    fileprivate func isLeft(of wanted: Tunnel) -> Bool {
        var own = tunnel
        own?.truncate = wanted.truncate
        return own == wanted && !isUp
    }

    /// Whether copies can go through it as asked. What others have made is asked for less.
    fileprivate func does(_ wanted: Tunnel) -> Bool {
        guard var own = tunnel, isUp else { return false }
        own.truncate = wanted.truncate
        if !isOurs { (own.name, own.direction) = (wanted.name, wanted.direction) }
        return own == wanted
    }
}
