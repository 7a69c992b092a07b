import Testing

@testable import Domain

@Suite("Mirrors in hardware")
struct HardwareMirrorTests {
    private static let session = wish("a")
    private static var row: [String: String] { session.fields }

    private static func wish(
        _ job: JobName = "a", _ port: String = "Ethernet0", _ direction: WatchedDirection = .ingress,
        _ change: (inout JobSpec) -> Void = { _ in }
    ) -> MirrorSession {
        guard
            case .session(let session, _)? = spec(port, direction, change).mirrorSession(job, AgentMirror(mode: .none))
        else { preconditionFailure() }
        return session
    }

    private static func spec(
        _ port: String = "Ethernet0", _ direction: WatchedDirection = .ingress,
        _ change: (inout JobSpec) -> Void = { _ in }
    ) -> JobSpec {
        var spec = JobSpec(port: NetdevName(port)!)
        (spec.mirrorMode, spec.direction, spec.sinkPort) = (
            .asic, direction, NetdevName(port == "Ethernet4" ? "Ethernet12" : "Ethernet4")
        )
        (spec.erspan.remote, spec.erspan.local) = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.10"))
        change(&spec)
        return spec
    }

    /// A switch as the test has it, and the plan's own memory.
    private struct Switch {
        var mirrors = HardwareMirrors()
        var wishes: [JobName: MirrorWish] = ["a": .session(session)]
        var sessions: [String: [String: String]] = [:]
        var statuses: [String: String] = [:]
        var ways: [String: String] = [:]
        var uptime = Duration.zero

        /// Plans, and writes what is planned.
        mutating func step() -> [HardwareMirrors.Action] {
            let actions = mirrors.plan(
                wishes, .init(sessions: sessions, statuses: statuses, ways: ways, uptime: uptime))
            for action in actions {
                switch action {
                case .set(let session): sessions[session.name] = session.fields
                case .delete(let name): sessions[name] = nil
                case .clear(let name): #expect(sessions[name] == nil)
                }
            }
            return actions
        }
    }

    @Test("a session has SONiC's fields and no other, and a name of at most 32 characters")
    func fields() {
        #expect(
            Self.row == [
                "type": "ERSPAN", "src_ip": "192.0.2.1", "dst_ip": "192.0.2.10", "gre_type": "0x88be", "dscp": "0",
                "ttl": "64", "queue": "0", "src_port": "Ethernet0", "direction": "RX",
            ])
        let other = Self.wish("b", "PortChannel1", .both) { spec in
            (spec.erspan.tos, spec.erspan.ttl, spec.erspan.greType) = (.value(0xb8), 9, 0x22eb)
        }
        #expect([other.fields["dscp"], other.fields["ttl"], other.fields["gre_type"]] == ["46", "9", "0x22eb"])
        #expect(other.fields["direction"] == "BOTH")
        #expect(Self.wish("a", "Ethernet0", .egress).fields["direction"] == "TX")
        // FNV-1a of "a" (RFC 9923's vectors).
        #expect(Self.session.name == "tg_a_e40c292c")
        let long = JobName(String(repeating: "x", count: 64))!
        #expect(Self.wish(long).name.utf8.count == 32)
        #expect(Self.wish(long).name.hasPrefix("tg_xxxxxxxxxxxxxxxxxxxx_"))
    }

    @Test(
        "the agent's own sessions are known by their names",
        arguments: [
            ("tg_a_e40c292c", true), ("tg_b_e40c292c", false), ("tg_a_e40c292", false), ("tg_a", false), ("", false),
            ("everflow0", false), ("tg__e40c292c", false), ("tg_a_E40C292C", false),
            ("tg_xxxxxxxxxxxxxxxxxxxx_00000000", true), ("tg_xxxxxxxxxxxxxxxxxxxxx_00000000", false),
            ("xtg_a_e40c292c", false),
        ])
    func ownership(name: String, isOwn: Bool) { #expect(MirrorSession.isOwn(name) == isOwn) }

    @Test("a session is written, awaited and active; inactive is told with the remedy")
    func life() {
        var device = Switch()
        #expect(device.step() == [.set(Self.session)])
        #expect(device.mirrors.states["a"]?.pending != nil)
        #expect(device.step().isEmpty)
        device.statuses[Self.session.name] = "active"
        #expect(device.step().isEmpty)
        #expect(device.mirrors.states["a"] == .active)
        device.statuses[Self.session.name] = "inactive"
        _ = device.step()
        guard case .inactive(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("is inactive: the switch needs a route to 192.0.2.10"))
        device.wishes = [:]
        #expect(device.step() == [.delete(name: Self.session.name)])
        #expect(device.step().isEmpty && device.mirrors.states.isEmpty)
    }

    @Test("a session that does not come to STATE_DB is told to be missing, and written anew now and then")
    func silence() {
        var device = Switch()
        _ = device.step()
        _ = device.step()
        #expect(device.mirrors.lookAgainAt == .seconds(10))
        device.uptime = .seconds(10)
        #expect(device.step().isEmpty, "the switch may not be up yet")
        guard case .refused(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("has not taken MIRROR_SESSION|tg_a_e40c292c"))
        device.uptime = .seconds(70)
        #expect(device.step() == [.delete(name: Self.session.name)])
        #expect(device.step() == [.set(Self.session)])
        // A switch that comes up takes what is there.
        device.statuses[Self.session.name] = "active"
        #expect(device.step().isEmpty && device.mirrors.states["a"] == .active)
    }

    @Test("a session that the switch has lost, as it restarts, stays in CONFIG_DB for it")
    func restart() {
        var device = Switch()
        _ = device.step()
        device.statuses[Self.session.name] = "active"
        _ = device.step()
        device.statuses = [:]
        device.uptime = .seconds(100)
        #expect(device.step().isEmpty && device.mirrors.states["a"]?.pending != nil)
        device.uptime = .seconds(150)
        #expect(device.step().isEmpty)
        device.statuses[Self.session.name] = "active"
        #expect(device.step().isEmpty && device.mirrors.states["a"] == .active)
    }

    @Test("a change, of the row or by hand, is a deletion, a wait until STATE_DB has none, and a new session")
    func change() {
        var device = Switch()
        device.sessions[Self.session.name] = Self.row.merging(["ttl": "1"]) { $1 }
        device.statuses[Self.session.name] = "active"
        #expect(device.step() == [.delete(name: Self.session.name)])
        #expect(device.step().isEmpty)
        #expect(device.mirrors.states["a"]?.pending?.contains("taking the earlier session off") == true)
        device.statuses = [:]
        #expect(device.step() == [.set(Self.session)])
    }

    @Test("a port that others mirror in that direction is refused, and what others made is never touched")
    func rivals() {
        var device = Switch()
        device.sessions = [
            "everflow0": ["src_port": "Ethernet8,Ethernet0", "direction": "BOTH"],
            "span": ["src_port": "Ethernet4", "direction": "TX"], "acl": ["type": "ERSPAN"],
        ]
        #expect(device.step().isEmpty)
        guard case .refused(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("Ethernet0 is mirrored by MIRROR_SESSION|everflow0 already"))
        device.wishes = ["b": .session(Self.wish("b", "Ethernet4", .ingress))]
        #expect(device.step().count == 1, "the other direction")
        device.wishes = ["b": .session(Self.wish("b", "Ethernet4", .both))]
        #expect(device.step() == [.delete(name: Self.wish("b").name)])
        #expect(device.step().isEmpty)
        #expect(device.sessions.keys.sorted() == ["acl", "everflow0", "span"])
    }

    @Test("of two jobs on one port the first has the mirror; the other waits until the switch has let it go")
    func ownRivals() {
        var device = Switch()
        let other = Self.wish("b") { $0.erspan.local = IPv4Address("192.0.2.11") }
        device.wishes["b"] = .session(other)
        #expect(device.step() == [.set(Self.session)])
        device.statuses[Self.session.name] = "active"
        device.wishes["a"] = nil
        #expect(device.step() == [.delete(name: Self.session.name)])
        #expect(device.step().isEmpty, "the switch has it still")
        device.statuses = [:]
        #expect(device.step() == [.set(other)])
        device.wishes["a"] = .session(Self.session)
        #expect(device.step().isEmpty, "who has it keeps it")
    }

    @Test("sessions whose copies could not be told apart are refused, whatever port they are of")
    func sameWay() {
        var device = Switch()
        device.wishes["b"] = .session(Self.wish("b", "Ethernet8"))
        #expect(device.step() == [.set(Self.session)])
        #expect(device.step().isEmpty)
        guard case .refused(let reason)? = device.mirrors.states["b"] else { return #expect(Bool(false)) }
        #expect(reason.contains("could not be told from those of MIRROR_SESSION|tg_a_e40c292c"))
    }

    @Test(
        "a session whose copies leave by the port whose egress they are of is taken off, and tried anew after a while")
    func loop() {
        var device = Switch()
        let session = Self.wish("a", "Ethernet0", .both)
        (device.statuses[session.name], device.ways[session.name]) = ("active", "Ethernet0")
        device.sessions[session.name] = session.fields
        device.wishes = ["a": .session(session)]
        #expect(device.step() == [.delete(name: session.name)])
        guard case .refused(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("192.0.2.10 through Ethernet0, whose egress they would be copies of"))
        (device.statuses, device.ways) = ([:], [:])
        #expect(device.step().isEmpty && device.mirrors.states["a"]?.pending == nil)
        #expect(device.mirrors.lookAgainAt == .seconds(600))
        device.uptime = .seconds(600)
        #expect(device.step() == [.set(session)])
        (device.statuses[session.name], device.ways[session.name]) = ("active", "Ethernet8")
        #expect(device.step().isEmpty && device.mirrors.states["a"] == .active)
        // What the port receives may leave by it.
        (device.statuses, device.ways) = ([Self.session.name: "active"], [Self.session.name: "Ethernet0"])
        (device.sessions, device.wishes) = ([Self.session.name: Self.row], ["a": .session(Self.session)])
        #expect(device.step().isEmpty && device.mirrors.states["a"] == .active)
    }

    @Test("a PortChannel and its members are one: for whom others mirror, and by which way copies leave")
    func members() {
        let bundle = Port(name: NetdevName("PortChannel1")!, ifindex: 9)
        let member = Port(name: NetdevName("Ethernet0")!, ifindex: 1, .init(master: 9))
        let other = Port(name: NetdevName("Ethernet8")!, ifindex: 2)
        let ports = Dictionary(uniqueKeysWithValues: [bundle, member, other].map { ($0.name, $0) })
        for (port, row) in [("Ethernet0", "PortChannel1"), ("PortChannel1", "Ethernet8,Ethernet0")] {
            var device = Switch()
            device.wishes["a"] = Self.spec(port, .egress).mirrorSession("a", AgentMirror(mode: .none), ports)
            device.sessions["theirs"] = ["src_port": row, "direction": "TX"]
            #expect(device.step().isEmpty)
            guard case .refused(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
            #expect(reason.contains("which is stacked with \(port), is mirrored by MIRROR_SESSION|theirs"))
            device.sessions["theirs"] = ["src_port": "Ethernet8", "direction": "TX"]
            #expect(device.step().count == 1)
            let name = Self.session.name
            (device.statuses[name], device.ways[name]) = ("active", port == "Ethernet0" ? "PortChannel1" : "Ethernet0")
            #expect(device.step() == [.delete(name: name)])
        }
    }

    @Test("a rival that comes later is not fought: who has the port keeps it")
    func laterRival() {
        var device = Switch()
        _ = device.step()
        device.statuses[Self.session.name] = "active"
        device.sessions["theirs"] = ["src_port": "Ethernet0", "direction": "RX"]
        #expect(device.step().isEmpty && device.mirrors.states["a"] == .active)
        // A switch that has let ours go takes what is there: ours waits, as written.
        device.statuses = [:]
        device.uptime = .seconds(30)
        #expect(device.step().isEmpty && device.mirrors.states["a"]?.pending != nil)
    }

    @Test("sessions that the switch has kept from a flushed CONFIG_DB are taken off, wanted or not")
    func leftover() {
        var device = Switch()
        let name = Self.session.name
        device.statuses = [name: "active", "everflow0": "active"]
        #expect(device.step().isEmpty, "it may be on its way")
        #expect(device.mirrors.states["a"]?.pending?.contains("still taking the earlier session off") == true)
        #expect(device.mirrors.lookAgainAt == .seconds(10))
        device.uptime = .seconds(10)
        #expect(device.step() == [.clear(name: name)])
        device.uptime = .seconds(11)
        #expect(device.step().isEmpty)
        device.statuses[name] = nil
        #expect(device.step() == [.set(Self.session)])

        device = Switch()
        device.wishes = [:]
        device.statuses = [name: "active"]
        _ = device.step()
        device.uptime = .seconds(10)
        #expect(device.step() == [.clear(name: name)])
    }

    @Test("a session that STATE_DB has lost is told as that, keeps the job's tap, and is written anew after a while")
    func lost() {
        var device = Switch()
        _ = device.step()
        device.statuses[Self.session.name] = "active"
        _ = device.step()
        device.statuses = [:]
        _ = device.step()
        device.uptime = .seconds(10)
        _ = device.step()
        guard case .inactive(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
        #expect(reason.contains("STATE_DB has it no more"))
        device.uptime = .seconds(70)
        #expect(device.step() == [.delete(name: Self.session.name)])
        #expect(device.step() == [.set(Self.session)])
    }

    @Test("two changes of a row within a moment are the job's own, not somebody else's")
    func twice() {
        var device = Switch()
        for ttl in [9, 10] as [UInt8] {
            let session = Self.wish { $0.erspan.ttl = ttl }
            device.wishes["a"] = .session(session)
            device.sessions[session.name] = Self.row
            #expect(device.step() == [.delete(name: session.name)])
        }
        // Whereas the same row twice is another's doing.
        device.sessions[Self.session.name] = Self.row
        #expect(device.step().isEmpty)
        #expect(device.mirrors.states["a"]?.pending?.contains("somebody else writes") == true)
    }

    @Test("copies that would arrive on the port whose ingress they are of are refused")
    func sinkLoop() {
        let bundle = Port(name: NetdevName("PortChannel1")!, ifindex: 9)
        let member = Port(name: NetdevName("Ethernet4")!, ifindex: 1, .init(master: 9))
        let ports = [bundle.name: bundle, member.name: member]
        for (port, direction, isRefused) in [
            ("Ethernet4", WatchedDirection.ingress, true), ("Ethernet4", .both, true), ("Ethernet4", .egress, false),
            ("PortChannel1", .ingress, true), ("Ethernet8", .both, false),
        ] {
            let spec = Self.spec(port, direction) { $0.sinkPort = NetdevName("Ethernet4") }
            let wish = spec.mirrorSession("a", AgentMirror(mode: .none), ports)
            if case .impossible(let reason)? = wish {
                #expect(isRefused && reason.contains("arrive on Ethernet4, whose ingress"), "\(port)")
            } else {
                #expect(!isRefused, "\(port)")
            }
        }
    }

    @Test("a session of others whose copies go the same way is a rival, however its row is written")
    func foreignWay() {
        for type in [nil, "0x88BE", "35006"] {
            var device = Switch()
            var row = ["src_ip": "192.0.2.1", "dst_ip": "192.0.2.10", "src_port": "Ethernet8"]
            row["gre_type"] = type
            device.sessions["everflow0"] = row
            #expect(device.step().isEmpty)
            guard case .refused(let reason)? = device.mirrors.states["a"] else { return #expect(Bool(false)) }
            #expect(reason.contains("could not be told from those of MIRROR_SESSION|everflow0"))
        }
    }

    @Test("a job without both ends says what is missing; its tap counts what arrives")
    func ends() {
        guard
            case .impossible(let reason)? = Self.spec("Ethernet0", .ingress, { $0.erspan.local = nil })
                .mirrorSession("a", AgentMirror(mode: .none))
        else { return #expect(Bool(false)) }
        #expect(reason.contains("erspan_local"))
    }

    @Test("a job is running when its mirror is active, and says what it waits for, or what is wrong")
    func status() {
        var world = World(
            jobs: ["a": .job(ParsedJob(spec: Self.spec("Ethernet0", .egress)))], ports: [.ethernet0, .ethernet4])
        world.performPlan()
        let cases: [(HardwareMirrors.State?, OperStatus, EffectiveMode, String)] = [
            (nil, .starting, .asic, "the switch is asked for the mirror"),
            (.pending("so"), .starting, .asic, "so"), (.active, .running, .asic, ""),
            (.inactive(reason: "no route"), .degraded, .asic, "no route"),
            (.refused(reason: "no"), .failed, .asic, "no mirror in hardware: no"),
        ]
        for (state, status, mode, reason) in cases {
            world.observed.hardware["a"] = state
            let told = world.status("a")
            #expect((told.operStatus, told.mode, told.reason) == (status, mode, reason))
            #expect(told.interface == "Ethernet4")
        }
    }
}
