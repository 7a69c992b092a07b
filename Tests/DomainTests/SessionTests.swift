import Testing

@testable import Domain

@Suite("Copies that a job looks into")
struct SessionTests {
    private static func job(_ key: UInt16? = 7, _ change: (inout JobSpec) -> Void = { _ in }) -> JobRow {
        World.job("Ethernet0") { spec in
            spec.mirrorMode = .erspanSink
            spec.erspan.key = key
            change(&spec)
        }
    }

    private let tap = TapID("a", .ingress)

    @Test("the tap stands where copies arrive, whatever direction they are of, and measures what is inside")
    func place() {
        for direction in WatchedDirection.allCases {
            var world = World(
                jobs: [
                    "a": Self.job {
                        $0.direction = direction
                        $0.sinkPort = NetdevName("Ethernet4")
                    }
                ], ports: [.ethernet0, .ethernet4])
            world.performPlan()
            #expect(world.observed.taps.keys.map { $0 } == [tap])
            #expect(world.observed.taps[tap]?.attachment?.port == .ethernet4)
            #expect(world.observed.taps[tap]?.measurement?.session == ERSPANSession(key: 7))
            let status = world.status("a")
            #expect((status.operStatus, status.mode, status.interface) == (.running, .erspanSink, "Ethernet4"))
            #expect(
                status.warnings.contains { $0.contains("counted as ingress of Ethernet4") } == (direction != .ingress))
            #expect(world.plan.actions.isEmpty)
        }
    }

    @Test("a job waits for its sink_port, not for the port")
    func waiting() {
        let job = Self.job { $0.sinkPort = NetdevName("Ethernet4") }
        let status = World(jobs: ["a": job], ports: [.ethernet0]).status("a")
        #expect(status.operStatus == .waiting)
        #expect(status.reason.contains("port Ethernet4"))
    }

    @Test("a job that turns to a tunnel on its own port is changed in place; its egress tap is taken off")
    func turning() {
        var world = World(jobs: ["a": World.job("Ethernet0", .both)], ports: [.ethernet0])
        world.performPlan()
        world.desired.jobs["a"] = Self.job()
        let session = Measurement(JobSpec(port: NetdevName("Ethernet0")!), of: ERSPANSession(key: 7))
        #expect(world.plan.actions == [.detach(TapID("a", .egress)), .change(tap, to: session)])
    }

    @Test("ends and key come from the row, else from the agent")
    func defaults() throws {
        var agent = AgentMirror(remote: IPv4Address("192.0.2.100")!, local: IPv4Address("192.0.2.10")!)
        agent.key = 9
        guard case .job(let row) = Self.job(nil, { $0.erspan.greType = 0x8949 }) else { return }
        #expect(
            row.spec.session(agent)
                == ERSPANSession(key: 9, remote: agent.remote, local: agent.local, greType: 0x8949))
        agent.device = NetdevName("Ethernet4")
        #expect(row.spec.session(agent)?.remote == nil)
    }

    @Test("jobs whose copies of type I cannot be told apart say so")
    func sharedSessions() {
        let remote = IPv4Address("192.0.2.1")
        let jobs: [JobName: JobRow] = [
            "a": Self.job(1), "b": Self.job(2), "c": Self.job(3) { $0.erspan.remote = remote },
            "d": Self.job(4) { $0.sinkPort = NetdevName("Ethernet4") }, "e": World.job("Ethernet0"),
            "f": Self.job(5) { $0.erspan.greType = 0x8949 },
        ]
        let world = World(jobs: jobs, ports: [.ethernet0, .ethernet4])
        let warnings = SharedSessions.warnings(world.plan.intents, world.desired.mirror)
        #expect(Set(warnings.keys) == ["a", "b", "c"])
        #expect(warnings["a"]?.first?.contains("by job b too") == true)
        #expect(warnings["c"]?.first?.contains("by job a too") == true, "whose remote end is any")

        // What hardware sends has no key, so that an equal one tells nothing.
        let hardware = Self.job(1) { $0.mirrorMode = .asic }
        let mixed = World(jobs: ["a": Self.job(1), "b": hardware, "c": Self.job(1)], ports: [.ethernet0])
        #expect(Set(SharedSessions.warnings(mixed.plan.intents, mixed.desired.mirror).keys) == ["a", "b", "c"])
    }

    @Test("ends that the agent lends, and types of GRE that mislead, are warned of")
    func lent() {
        let cases: [(MirrorMode, UInt16, Bool, String?)] = [
            (.erspanSink, 0x88be, true, nil), (.erspanSink, 0x88be, false, "only copies from 192.0.2.100"),
            (.asic, 0x88be, false, "as if from 192.0.2.100"), (.asic, 0x88be, true, nil),
            (.erspanSink, 0x22eb, true, "that of ERSPAN type III"), (.asic, 0x6558, true, "join copies"),
        ]
        for (mode, greType, hasRemote, expected) in cases {
            var world = World(
                jobs: [
                    "a": Self.job {
                        ($0.mirrorMode, $0.erspan.greType) = (mode, greType)
                        if hasRemote { $0.erspan.remote = IPv4Address("192.0.2.1") }
                    }
                ], ports: [.ethernet0])
            world.desired.mirror.remote = IPv4Address("192.0.2.100")
            world.desired.mirror.local = IPv4Address("192.0.2.10")
            let warnings = world.status("a").warnings
            if let expected { #expect(warnings.contains { $0.contains(expected) }, "\(warnings)") }
            if expected == nil { #expect(warnings.isEmpty) }
        }
    }
}
