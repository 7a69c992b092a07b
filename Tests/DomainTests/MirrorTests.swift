import Testing

@testable import Domain

@Suite("Which tunnels there are, and whose copies go through them")
struct MirrorTests {
    private static let local = IPv4Address("192.0.2.10")!
    private static let remote = IPv4Address("192.0.2.100")!
    private static let ends = Tunnel.Ends(local: local, remote: remote, key: 42)

    private static func job(
        _ port: String = "Ethernet0", _ direction: WatchedDirection = .ingress, key: UInt16 = 42,
        _ change: (inout JobSpec) -> Void = { _ in }
    ) -> JobRow {
        World.job(port, direction) { spec in
            spec.mirrorMode = .erspan
            (spec.erspan.local, spec.erspan.remote, spec.erspan.key) = (local, remote, key)
            change(&spec)
        }
    }

    private func world(
        _ jobs: [JobName: JobRow], tunnels: [TunnelDevice] = [], way: Route = .out(ifindex: 9, mtu: 1500)
    ) -> World {
        var world = World(jobs: jobs, ports: [.ethernet0, .ethernet4])
        world.observed.tunnels = tunnels
        for key in [UInt16(42), 43] {
            world.observed.routes[.init(local: Self.local, remote: Self.remote, key: key)] = way
        }
        return world
    }

    private static func device(
        _ name: String = "tg42", _ change: (inout Tunnel) -> Void = { _ in }, mtu: Int = 1446, isUp: Bool = true,
        isOurs: Bool = true
    ) -> TunnelDevice {
        var tunnel = Tunnel(name: NetdevName(name)!, ends: ends)
        change(&tunnel)
        return TunnelDevice(name: tunnel.name, ifindex: 30, tunnel: tunnel, mtu: mtu, isUp: isUp, isOurs: isOurs)
    }

    @Test("a tunnel is made, the port is counted meanwhile, and then copies go through it")
    func making() throws {
        var world = world(["a": Self.job()])
        let tunnel = Tunnel(name: NetdevName("tg42")!, ends: Self.ends)
        #expect(world.plan.mirrors.actions == [.make(tunnel, mtu: 1446, inPlaceOf: nil)])
        world.performPlan()
        #expect(world.observed.taps[TapID("a", .ingress)]?.measurement == .plain)
        #expect(world.status("a").operStatus == .starting)
        #expect(world.status("a").mode == .port)
        world.observed.tunnels = [Self.device()]
        #expect(world.plan.mirrors.actions.isEmpty)
        world.performPlan()
        #expect(
            world.observed.taps[TapID("a", .ingress)]?.measurement?.copies == .init(ifindex: 30, perSecond: 100_000))
        let status = world.status("a")
        #expect(status.operStatus == .running)
        #expect((status.mode, status.interface) == (.erspan, "tg42"))
        #expect(world.plan.actions.isEmpty)
    }

    @Test("a tunnel that nobody wants any more goes, and none of others does")
    func removing() {
        let foreign = TunnelDevice(name: NetdevName("x")!, ifindex: 31, tunnel: nil, mtu: 1450, isOurs: false)
        let plan = world([:], tunnels: [Self.device(), foreign]).plan
        #expect(plan.mirrors.actions == [.remove(Self.device())])
        let down = Self.job { $0.adminState = .down }
        #expect(world(["a": down], tunnels: [Self.device()]).plan.mirrors.actions == [.remove(Self.device())])
    }

    @Test("a tunnel that was changed by hand is made anew; one that was taken down, or has another MTU, is mended")
    func mending() {
        let tunnel = Tunnel(name: NetdevName("tg42")!, ends: Self.ends)
        for other in [Self.device { $0.ttl = 3 }, Self.device("other")] {
            #expect(
                world(["a": Self.job()], tunnels: [other]).plan.mirrors.actions
                    == [.make(tunnel, mtu: 1446, inPlaceOf: other)])
        }
        let small = Self.device(mtu: 1000)
        let plan = world(["a": Self.job()], tunnels: [small]).plan
        #expect(plan.mirrors.actions == [.mend(small, tunnel, mtu: 1446)])
        #expect(plan.mirrors.shares["a"]?.ifindex == 30, "copies go on")
        var world = world(["a": Self.job()], tunnels: [Self.device(isUp: false)])
        #expect(world.plan.mirrors.actions == [.mend(Self.device(isUp: false), tunnel, mtu: 1446)])
        #expect(world.plan.mirrors.shares["a"] == .pending)
        world.observed.tunnelFailures[tunnel] = TunnelFailure(reason: "no", attempts: 1, retryAt: .seconds(5))
        #expect(world.plan.mirrors.actions.isEmpty)
        #expect(world.plan.mirrors.shares["a"] == .refused(reason: "no"))
    }

    @Test("jobs with equal ends share a tunnel; the later one that disagrees is degraded and says with whom")
    func sharing() {
        var world = world(
            ["a": Self.job("Ethernet4") { $0.erspan.ttl = 9 }, "b": Self.job(), "c": Self.job("Ethernet4")])
        // Before any copies: by the names.
        guard case .refused(let reason)? = world.plan.mirrors.shares["b"] else { return #expect(Bool(false)) }
        #expect(reason.contains("erspan_ttl 64 is not that of job a"))
        // Who asks for what there is has its way, after a restart too, when nothing is known of the taps.
        world.observed.tunnels = [Self.device()]
        let shares = world.plan.mirrors.shares
        #expect((shares["b"]?.ifindex, shares["c"]?.ifindex) == (30, 30))
        guard case .refused(let other)? = shares["a"] else { return #expect(Bool(false)) }
        #expect(other.contains("erspan_ttl 9 is not that of job b"))
        world.performPlan()
        #expect(world.status("a").operStatus == .degraded)
        #expect(world.status("a").reason.contains("no copies are sent"))
        #expect(world.observed.taps[TapID("a", .ingress)]?.attachment != nil)
    }

    @Test(
        "whose copies go has its way before who comes later, also when the tunnel's MTU changes, or it is gone, or others'"
    )
    func standing() {
        for change in [
            { $0.observed.routes[Self.ends] = .out(ifindex: 9, mtu: 1400) }, { $0.observed.tunnels = [] },
            { $0.observed.tunnels = [Self.device("theirs", isOurs: false)] },
        ] as [(inout World) -> Void] {
            var world = world(["b": Self.job()], tunnels: [Self.device()])
            world.performPlan()
            world.desired.jobs["a"] = Self.job { $0.erspan.ttl = 7 }
            change(&world)
            world.performPlan()
            #expect(
                world.status("a").reason.contains("erspan_ttl 7 is not that of job b"), "\(world.status("a").reason)")
            #expect(world.status("b").operStatus != .degraded)
        }
    }

    @Test("a row that asks for copies, and lacks an end, is told so; the agent's default alone is not")
    func missingEnds() {
        let lacking = world(["a": Self.job { $0.erspan.local = nil }]).status("a")
        #expect(lacking.mode == .port && lacking.warnings.contains { $0.contains("erspan_local is not set") })
        var world = world(["a": World.job("Ethernet0")])
        world.desired.mirror.mode = .erspan
        #expect(world.status("a").warnings.isEmpty)
    }

    @Test("a row with the agent's own ends names them as the agent does")
    func spelled() {
        var world = world(["a": World.job("Ethernet0"), "b": Self.job("Ethernet4", key: 10)])
        (world.desired.mirror.mode, world.desired.mirror.remote) = (.erspan, Self.remote)
        world.desired.mirror.local = Self.local
        world.observed.routes[.init(local: Self.local, remote: Self.remote, key: 10)] = .out(ifindex: 9, mtu: 1500)
        let made = world.plan.mirrors.actions
        #expect(made.count == 1)
        #expect(world.plan.mirrors.shares.values.allSatisfy { $0 == .pending })
    }

    @Test("two tunnels cannot have one name")
    func names() {
        let name = NetdevName("t")
        let plan = world(["a": Self.job { $0.erspan.name = name }, "b": Self.job(key: 43) { $0.erspan.name = name }])
            .plan
        guard case .refused(let reason)? = plan.mirrors.shares["b"] else { return #expect(Bool(false)) }
        #expect(reason == "erspan_name t is that of another tunnel, of job a: give this job another erspan_name")
    }

    @Test("a name that is taken refuses the job that asks for it, not those that share its tunnel by another name")
    func takenName() {
        let plan = world([
            "a": Self.job { $0.erspan.name = NetdevName("t") },
            "b": Self.job(key: 43) { $0.erspan.name = NetdevName("t") },
            "c": Self.job(key: 43),
        ]).plan
        guard case .refused(let reason)? = plan.mirrors.shares["b"] else { return #expect(Bool(false)) }
        #expect(reason.contains("erspan_name t is that of another tunnel"))
        #expect(plan.mirrors.shares["c"] == .pending)
        #expect(plan.mirrors.tunnels.map(\.name.text).sorted() == ["t", "tg43"])
    }

    @Test("a job that is refused for a loop does not say how the tunnel of others shall be")
    func refusedLead() {
        let way = Route.out(ifindex: 7, mtu: 1500)
        let jobs: [JobName: JobRow] = [
            "a": Self.job("Ethernet0", .egress) { $0.erspan.ttl = 9 }, "b": Self.job("Ethernet4"),
        ]
        let mirrors = world(jobs, way: way).plan.mirrors
        #expect(mirrors.shares["b"] == .pending)
        #expect(mirrors.tunnels == [Tunnel(name: NetdevName("tg42")!, ends: Self.ends)])
        // With it alone there is to be no tunnel.
        let alone = world(["a": jobs["a"]!], tunnels: [Self.device()], way: way).plan.mirrors
        #expect(alone.actions == [.remove(Self.device())])
    }

    @Test("copies stay as they are while their tunnel is being made anew, and nothing is known of their way")
    func pending() {
        var world = world(["a": Self.job()], tunnels: [Self.device()])
        world.performPlan()
        world.performPlan()
        #expect(world.status("a").mode == .erspan)
        world.observed.routes = [:]
        #expect(world.plan.mirrors.shares["a"] == .pending)
        #expect(world.plan.actions.isEmpty)
        world.observed.taps[TapID("a", .ingress)] = TapState(
            startedAt: UnixTime(nanoseconds: 1), attachment: Attachment(port: .ethernet0, type: .tcx), measurement: nil)
        #expect(world.plan.actions.isEmpty, "an earlier agent's")
    }

    @Test("copies that go are told while flows are over their quota")
    func modeWithoutFlows() {
        var world = world(["a": Self.job { $0.detail = [.flows] }], tunnels: [Self.device()])
        var measurement = Measurement.plain
        measurement.copies = .init(ifindex: 30, perSecond: 100_000)
        world.observed.taps[TapID("a", .ingress)] = TapState(
            startedAt: UnixTime(nanoseconds: 1), attachment: Attachment(port: .ethernet0, type: .tcx),
            measurement: measurement)
        #expect((world.status("a").mode, world.status("a").interface) == (.erspan, "tg42"))
    }

    @Test("a port without Ethernet headers sends no copies, and says so")
    func layerThree() {
        var world = world(["a": Self.job()])
        let port = Port(name: NetdevName("Ethernet0")!, ifindex: 7, layer: .network)
        world.observed.ports[port.name] = port
        guard case .refused(let reason)? = world.plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("has no Ethernet header"))
        #expect(world.plan.mirrors.actions.isEmpty)
    }

    @Test("copies that would leave through the port whose egress they are of are refused", arguments: [true, false])
    func loop(isMember: Bool) {
        let way = Route.out(ifindex: isMember ? 20 : 7, mtu: 1500)
        for (direction, isRefused) in [(WatchedDirection.ingress, false), (.egress, true), (.both, true)] {
            var world = world(["a": Self.job("Ethernet0", direction)], tunnels: [], way: way)
            if isMember {
                let port = Port(name: NetdevName("Ethernet0")!, ifindex: 7, .init(master: 20))
                world.observed.ports[port.name] = port
            }
            guard case .refused(let reason)? = world.plan.mirrors.shares["a"] else {
                #expect(!isRefused)
                continue
            }
            #expect(isRefused && reason.contains("leave through Ethernet0"))
            #expect(world.plan.mirrors.actions.isEmpty)
        }
    }

    @Test(
        "copies that would leave by a VLAN of the port are refused; by a bridge that it is a port of, they are told of")
    func stacked() {
        let vlan = Port(name: NetdevName("Vlan100")!, ifindex: 30, .init(lower: 7))
        var world = world(
            ["a": Self.job("Ethernet0", .both)], tunnels: [Self.device()], way: .out(ifindex: 30, mtu: 1500))
        world.observed.ports[vlan.name] = vlan
        guard case .refused? = world.plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
        let bridge = Port(name: NetdevName("Bridge")!, ifindex: 29, .init(isBridge: true))
        let devices = [
            Port(name: NetdevName("Ethernet0")!, ifindex: 7, .init(master: 29)), bridge,
            Port(name: vlan.name, ifindex: 30, .init(lower: 29)),
        ]
        for port in devices { world.observed.ports[port.name] = port }
        guard case .through(_, let warnings)? = world.plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
        #expect(warnings.contains { $0.contains("leave through Ethernet0, a port of the bridge on their way") })
        let circle = Port(name: bridge.name, ifindex: 29, .init(lower: 29))
        world.observed.ports[bridge.name] = circle
        guard case .refused? = world.plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
    }

    @Test("a port whose frames all fit is told of no cut")
    func shortFrames() {
        for (mtu, isCut) in [(1446, false), (1447, true)] {
            var world = world(["a": Self.job()], tunnels: [Self.device()])
            let port = Port(name: NetdevName("Ethernet0")!, ifindex: 7, .init(mtu: mtu))
            world.observed.ports[port.name] = port
            guard case .through(_, let warnings)? = world.plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
            #expect(warnings.contains { $0.contains("are cut") } == isCut)
        }
    }

    @Test("the direction bit is egress only when all copies are; else a job with egress copies says so")
    func directionBit() {
        let out = Self.job("Ethernet0", .egress)
        guard case .make(let tunnel, _, _)? = world(["a": out]).plan.mirrors.actions.first else {
            return #expect(Bool(false))
        }
        #expect(tunnel.direction == .egress)
        let old = Self.job("Ethernet0", .egress) { $0.erspan.version = 1 }
        guard case .make(let typeII, _, _)? = world(["a": old]).plan.mirrors.actions.first else {
            return #expect(Bool(false))
        }
        #expect(typeII.direction == .ingress, "it has no such bit")
        let plan = world(["a": out, "b": Self.job("Ethernet4")], tunnels: [Self.device()]).plan
        guard case .through(_, let warnings)? = plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
        #expect(warnings.contains { $0.contains("direction bit") })
    }

    @Test(
        "what the way cannot carry is cut, and the job says so",
        arguments: [nil, 64, 500, 1460, 1461, 9000] as [UInt16?])
    func truncation(_ truncate: UInt16?) {
        let job = Self.job { $0.erspan.truncate = truncate }
        let mtu = max(68, min(Int(truncate ?? 9999), 1460) - 14)
        let device = Self.device(mtu: mtu)
        guard case .through(_, let warnings)? = world(["a": job], tunnels: [device]).plan.mirrors.shares["a"] else {
            return #expect(Bool(false))
        }
        #expect(world(["a": job], tunnels: [device]).plan.mirrors.actions.isEmpty)
        #expect(warnings.contains { $0.contains("no shorter than 82 bytes") } == (truncate == 64))
        let fits = truncate.map { $0 <= 1460 } ?? false
        #expect(warnings.contains { $0.contains("copies of more than 1460 bytes are cut") } == !fits)
    }

    @Test("without a way to the collector, and when the tunnel could not be made, the job counts and says why")
    func failures() {
        let none = world(["a": Self.job()], way: .none(reason: "there is no route")).plan.mirrors
        #expect(none.shares["a"] == .refused(reason: "there is no route"))
        #expect(none.actions.isEmpty)
        var world = world(["a": Self.job()])
        let tunnel = Tunnel(name: NetdevName("tg42")!, ends: Self.ends)
        world.observed.tunnelFailures[tunnel] = TunnelFailure(reason: "no module", attempts: 1, retryAt: .seconds(5))
        #expect(world.plan.mirrors.shares["a"] == .refused(reason: "no module"))
        #expect(world.plan.mirrors.actions.isEmpty)
        #expect(world.nextRetry == .seconds(5))
        world.observed.uptime = .seconds(5)
        #expect(world.plan.mirrors.actions == [.make(tunnel, mtu: 1446, inPlaceOf: nil)])
    }

    @Test("a device of others is used when it does all that is asked, and never touched")
    func foreign() {
        let fit = Self.device("theirs", isOurs: false)
        var plan = world(["a": Self.job()], tunnels: [fit]).plan
        #expect(plan.mirrors.shares["a"]?.ifindex == 30)
        #expect(plan.mirrors.actions.isEmpty)
        plan = world(["a": Self.job()], tunnels: [Self.device("theirs", { $0.ttl = 1 }, isOurs: false)]).plan
        guard case .refused(let reason)? = plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("the device theirs of others"))
        #expect(plan.mirrors.actions.isEmpty)
        plan = world(["a": Self.job()], tunnels: [Self.device(isUp: false, isOurs: false)]).plan
        guard case .refused(let down)? = plan.mirrors.shares["a"] else { return #expect(Bool(false)) }
        #expect(down.contains("is down"))
        #expect(plan.mirrors.actions.isEmpty)
        let out = Self.device("theirs", { $0.direction = .egress }, isOurs: false)
        guard case .through(_, let warnings)? = world(["a": Self.job()], tunnels: [out]).plan.mirrors.shares["a"] else {
            return #expect(Bool(false))
        }
        #expect(warnings.contains { $0.contains("the direction bit of all copies says egress") })
    }

    @Test("names, key, ttl and tos come from the row, else from the agent")
    func defaults() throws {
        var agent = AgentMirror(remote: Self.remote, local: Self.local)
        (agent.key, agent.ttl, agent.tos) = (7, 33, .value(32))
        let own = try #require(JobSpec(port: NetdevName("Ethernet0")!).tunnel(agent))
        #expect(own.name.text == "erspan0")
        #expect((own.ends.key, own.ttl, own.tos) == (7, 33, .value(32)))
        var spec = JobSpec(port: NetdevName("Ethernet0")!)
        (spec.erspan.remote, spec.erspan.ttl, spec.erspan.tos) = (Self.local, 1, .value(33))
        let other = try #require(spec.tunnel(agent))
        #expect(other.name.text == "tg7")
        #expect((other.ttl, other.tos) == (1, .value(32)))
    }
}
