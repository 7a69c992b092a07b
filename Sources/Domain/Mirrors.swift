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
            if case .through(let device, _) = share {
                let warnings = wish.warnings(tunnel, device, surroundings)
                shares[wish.job] = .through(device, warnings: warnings)
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
        var share = Share.pending
        let action: TunnelAction
        switch device {
        case let device? where !device.isOurs:
            guard device.does(tunnel), device.isUp, tunnel.truncate == nil || device.mtu == mtu else {
                return .refused(
                    reason:
                        "the device \(device.name) of others is a tunnel from \(tunnel.ends) already, and is "
                        + "\(device.isUp ? "otherwise than this job asks" : "down"): remove it, or take another erspan_key"
                )
            }
            return .through(device, warnings: [])
        case let device? where device.does(tunnel):
            if device.isUp { share = .through(device, warnings: []) }
            if device.isUp, device.mtu == mtu { return share }
            action = .mend(device, tunnel, mtu: mtu)
        default: action = .make(tunnel, mtu: mtu, inPlaceOf: device)
        }
        guard let failure = observed.tunnelFailures[tunnel] else {
            actions.append(action)
            return share
        }
        if failure.retryAt <= observed.uptime { actions.append(action) }
        return .refused(reason: failure.reason)
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
    /// Takes up a device that is down, and sets its MTU: all else of it is right.
    case mend(TunnelDevice, Tunnel, mtu: Int)
    /// Nobody wants it any more.
    case remove(TunnelDevice)

    public var isRemoval: Bool { tunnel == nil }

    /// That there shall be; nil: none.
    public var tunnel: Tunnel? {
        switch self {
        case .make(let tunnel, _, _), .mend(_, let tunnel, _): tunnel
        case .remove: nil
        }
    }

    fileprivate var order: (Int, String) {
        switch self {
        case .remove(let device): (0, device.name.text)
        case .mend(let device, _, _): (1, device.name.text)
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

    /// - Parameter device: through which the copies go, ours or another's.
    func warnings(_ tunnel: Tunnel, _ device: TunnelDevice, _ surroundings: Surroundings) -> [String] {
        let observed = surroundings.observed
        var warnings: [String] = []
        if case .out(let out, let mtu)? = observed.routes[tunnel.ends] {
            warnings += [cut(tunnel, mtu, observed.ports[spec.port]), surroundings.wayBack(of: spec, out, tunnel.ends)]
                .compactMap(\.self)
        }
        let bit = device.tunnel?.direction ?? tunnel.direction
        if tunnel.version == 2, spec.direction.directions != [bit] {
            warnings.append(
                "the direction bit of all copies says \(bit.rawValue), whatever they are of: the kernel fixes it for a "
                    + "tunnel")
        }
        if let truncate = tunnel.truncate, truncate < Tunnel.shortestCut {
            warnings.append("erspan_truncate \(truncate): the kernel cuts no shorter than \(Tunnel.shortestCut) bytes")
        }
        if case .value(let tos)? = spec.erspan.tos, tunnel.tos != .value(tos) {
            warnings.append("erspan_tos \(tos): the kernel takes an odd one for inherit; \(tunnel.tos) is used")
        }
        return warnings
    }

    /// That the way carries no whole copies of the port's longest frames; nil: it does, or the row asks for less.
    private func cut(_ tunnel: Tunnel, _ way: Int, _ port: Port?) -> String? {
        let longest = tunnel.longestCopy(over: way)
        if let truncate = tunnel.truncate, Int(truncate) <= longest { return nil }
        if let mtu = port?.mtu, mtu + Tunnel.ethernetHeader <= longest { return nil }
        return "copies of more than \(longest) bytes are cut to that: the way to \(tunnel.ends.remote) has an MTU of "
            + "\(way); \(tunnel.truncate == nil ? "erspan_truncate says how much is enough" : "lower erspan_truncate")"
    }
}

/// What is observed, with what is looked up for every job.
private struct Surroundings {
    let observed: Observed
    let devices: [Tunnel.Ends: TunnelDevice]
    /// By their number.
    let ports: [UInt32: Port]

    init(_ observed: Observed) {
        self.observed = observed
        devices = Dictionary(observed.tunnels.compactMap { device in device.tunnel.map { ($0.ends, device) } }) {
            a, b in
            a.isOurs ? a : b
        }
        ports = Dictionary(observed.ports.values.map { ($0.ifindex, $0) }) { $1 }
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
        let isBack = carriers(of: way).contains {
            $0 == port.ifindex || port.master == $0 && !isBridge($0) || ports[$0]?.master == port.ifindex
        }
        guard isBack else { return nil }
        return "copies to \(ends.remote) leave through \(port.name), whose egress they would be copies of: "
            + "watch its ingress alone, or route \(ends.remote) by another port"
    }

    /// That copies may leave through the job's own port, as one of a bridge's; nil: they do not. Their mark keeps them
    /// from being copied, and they are packets of the port like others.
    func wayBack(of spec: JobSpec, _ way: UInt32, _ ends: Tunnel.Ends) -> String? {
        guard spec.direction != .ingress, let port = observed.ports[spec.port], let master = port.master,
            isBridge(master), carriers(of: way).contains(master)
        else { return nil }
        return
            "copies to \(ends.remote) that leave through \(port.name), a port of the bridge on their way, are counted "
            + "there too"
    }

    private func isBridge(_ ifindex: UInt32) -> Bool { ports[ifindex]?.isBridge == true }

    /// A device and those below it that it sends through: of Vlan100 that is the bridge.
    private func carriers(of way: UInt32) -> [UInt32] {
        var carriers = [way]
        // No deeper than the kernel stacks devices (`MAX_NEST_DEV`), whatever it says.
        while carriers.count < 8, let lower = ports[carriers[carriers.count - 1]]?.lower { carriers.append(lower) }
        return carriers
    }
}

extension TunnelDevice {
    /// Whether copies can go through it as asked. What others have made is asked for less.
    fileprivate func does(_ wanted: Tunnel) -> Bool {
        guard var own = tunnel else { return false }
        own.truncate = wanted.truncate
        if !isOurs { (own.name, own.direction) = (wanted.name, wanted.direction) }
        return own == wanted
    }
}
