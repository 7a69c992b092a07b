import Dataplane
import Domain
import Logging

/// The tunnels of the agent as they were seen last, and what became of attempts to have them otherwise.
struct Mirroring {
    private(set) var devices: [TunnelDevice] = []
    private(set) var routes: [Tunnel.Ends: Route] = [:]
    private(set) var failures: [Tunnel: TunnelFailure] = [:]
    private var tunnels: TunnelDevices?

    /// Looks at the devices and at the ways to the collectors. An agent whose jobs want no copies looks once, for what an
    /// earlier one left.
    mutating func look(_ desired: Desired, _ open: () throws -> sending TunnelDevices) throws {
        let wanted = Set(desired.jobs.values.compactMap { $0.tunnel(desired.mirror)?.ends })
        guard !wanted.isEmpty || tunnels == nil || devices.contains(where: \.isOurs) else {
            (devices, routes) = ([], [:])
            return
        }
        // What was seen last stands until the kernel tells otherwise: a question that fails takes no copies off.
        routes = routes.filter { wanted.contains($0.key) }
        do {
            let tunnels = try self.tunnels ?? open()
            self.tunnels = tunnels
            devices = try tunnels.devices()
            for ends in wanted { routes[ends] = try tunnels.route(ends) }
        } catch {
            for ends in wanted where routes[ends] == nil {
                routes[ends] = .none(reason: "the kernel does not tell of tunnels and routes: \(error)")
            }
            throw error
        }
    }

    /// Makes what is missing, and changes what is otherwise than planned, until that time.
    mutating func make(_ plan: Mirrors, until end: Duration, _ clock: AgentClock, _ logger: Logger) -> Progress {
        failures = failures.filter { plan.tunnels.contains($0.key) }
        let actions = plan.actions.filter { !$0.isRemoval }
        for (index, action) in actions.enumerated() {
            guard index == 0 || clock.uptime < end else { return .interrupted }
            do {
                try tunnels?.perform(action)
                if let tunnel = action.tunnel { failures[tunnel] = nil }
            } catch {
                if let tunnel = action.tunnel { note(error, of: tunnel, clock.uptime, logger) }
            }
        }
        return actions.isEmpty ? .nothing : .done
    }

    /// Removes what nobody wants, until that time.
    ///
    /// - Throws: what went wrong first; the rest is removed all the same, and what is left is planned again.
    func remove(_ plan: Mirrors, until end: Duration, _ clock: AgentClock) throws -> Progress {
        let actions = plan.actions.filter(\.isRemoval)
        var failure: (any Error)?
        for (index, action) in actions.enumerated() {
            guard index == 0 || clock.uptime < end else { return .interrupted }
            do {
                try tunnels?.perform(action)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return actions.isEmpty ? .nothing : .done
    }

    /// How far it came: a tunnel takes the kernel some milliseconds, and news is not to wait for hundreds of them.
    enum Progress { case nothing, done, interrupted }

    mutating func removeAll(_ open: () throws -> sending TunnelDevices) throws {
        try (tunnels ?? open()).removeAll()
        self = Mirroring()
    }

    private mutating func note(_ error: any Error, of tunnel: Tunnel, _ now: Duration, _ logger: Logger) {
        let attempts = (failures[tunnel]?.attempts ?? 0) + 1
        if attempts == 1 {
            logger.error("cannot make a tunnel", metadata: ["tunnel": "\(tunnel.name)", "error": "\(error)"])
        }
        failures[tunnel] = TunnelFailure(
            reason: "\(error); tried again by itself", attempts: attempts, retryAt: now + .backoff(attempts))
    }
}

extension JobRow {
    /// That copies of the job shall go through, if it counts.
    fileprivate func tunnel(_ agent: AgentMirror) -> Tunnel? {
        guard case .job(let job) = self, job.spec.effectiveMode(agent) == .erspan else { return nil }
        return job.spec.tunnel(agent)
    }
}
