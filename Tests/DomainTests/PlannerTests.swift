import Testing

@testable import Domain

@Suite("Planner")
struct PlannerTests {
    @Test("a job on a port that exists is attached in each of its directions")
    func attach() {
        let world = World(jobs: ["a": World.job("Ethernet0", .both)], ports: [.ethernet0])
        #expect(
            world.plan.actions == [
                .attach(TapID("a", .ingress), to: .ethernet0, measuring: .plain),
                .attach(TapID("a", .egress), to: .ethernet0, measuring: .plain),
            ])
    }

    @Test("a job whose port is absent waits: nothing is planned")
    func waiting() {
        let world = World(jobs: ["a": World.job("Ethernet0")])
        #expect(world.plan.actions.isEmpty)
        #expect(world.status("a").operStatus == .waiting)
    }

    @Test("what counts where it shall is left alone")
    func idempotent() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        #expect(world.plan.actions.isEmpty)
        #expect(world.status("a").operStatus == .running)
        #expect(world.status("a").reason.isEmpty)
    }

    @Test("a port that came back with another number gets its tap again, on the same slot")
    func recreated() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        let again = Port(name: Port.ethernet0.name, ifindex: 99)
        world.observed.ports = [again.name: again]
        #expect(
            world.plan.actions == [
                .detach(TapID("a", .ingress)), .attach(TapID("a", .ingress), to: again, measuring: .plain),
            ])
    }

    @Test("a deleted row releases its slots, attached or not")
    func deleted() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        world.desired.jobs = [:]
        #expect(world.plan.actions == [.release(TapID("a", .ingress))])
    }

    @Test(
        "a job that is down, expired or bad is detached and keeps its slot",
        arguments: [
            World.job("Ethernet0") { $0.adminState = .down },
            World.job("Ethernet0") { $0.expiresAt = UnixTime(nanoseconds: 1) },
            JobRow.rejected(reason: "bad"),
        ])
    func stopped(row: JobRow) {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        world.desired.jobs["a"] = row
        #expect(world.plan.actions == [.detach(TapID("a", .ingress))])
        world.performPlan()
        #expect(world.observed.taps.count == 1)
        #expect(world.plan.actions.isEmpty)
    }

    @Test("admin_state down of TELEGEN|global stops every job and says so")
    func globalDown() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        world.desired.adminState = .down
        #expect(world.plan.actions == [.detach(TapID("a", .ingress))])
        #expect(world.status("a").operStatus == .disabled)
        #expect(world.status("a").reason.contains("TELEGEN|global"))
    }

    @Test("expiry is latched: a clock set back does not start the job again, another value does")
    func latched() {
        let at = UnixTime(nanoseconds: 50)
        var world = World(jobs: ["a": World.job("Ethernet0") { $0.expiresAt = at }], ports: [.ethernet0])
        world.observed.now = UnixTime(nanoseconds: 10)
        world.observed.expired["a"] = at
        #expect(world.plan.actions.isEmpty)
        world.desired.jobs["a"] = World.job("Ethernet0") { $0.expiresAt = UnixTime(nanoseconds: 60) }
        #expect(world.plan.actions.count == 1)
    }

    @Test("the next expiry is known, unless time stands still for jobs")
    func nextExpiry() {
        let at = UnixTime(nanoseconds: 5_000)
        var world = World(jobs: ["a": World.job("Ethernet0") { $0.expiresAt = at }], ports: [.ethernet0])
        #expect(world.nextExpiry == at)
        world.observed.frozenAt = UnixTime(nanoseconds: 900)
        #expect(world.nextExpiry == nil)
    }

    @Test("what failed is tried again when its time has come, whatever the wall clock says")
    func retry() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.observed.failures[TapID("a", .ingress)] =
            Failure(.stand(.ethernet0, .plain), reason: "x", attempts: 1, retryAt: .seconds(2))
        world.observed.now = UnixTime(nanoseconds: 1 << 62)
        #expect(world.nextRetry == .seconds(2) && world.plan.actions.isEmpty)
        world.observed.now = UnixTime(nanoseconds: 0)
        world.observed.uptime = .seconds(2)
        #expect(world.nextRetry == nil && world.plan.actions.count == 1)
    }

    @Test("a job that failed on one port does not wait when it is sent to another")
    func failedElsewhere() {
        var world = World(jobs: ["a": World.job("Ethernet4")], ports: [.ethernet0, .ethernet4])
        world.observed.failures[TapID("a", .ingress)] =
            Failure(.stand(.ethernet0, .plain), reason: "x", attempts: 9, retryAt: .seconds(60))
        #expect(world.plan.actions == [.attach(TapID("a", .ingress), to: .ethernet4, measuring: .plain)])
        #expect(world.status("a").operStatus == .starting)
    }

    @Test("a failed job says why; one that fails in one of two directions is degraded")
    func failed() {
        var world = World(jobs: ["a": World.job("Ethernet0", .both)], ports: [.ethernet0])
        let failure = Failure(
            .stand(.ethernet0, .plain), reason: "no room: make some", attempts: 1, retryAt: .seconds(60))
        world.observed.failures[TapID("a", .egress)] = failure
        world.performPlan()
        #expect(world.status("a").operStatus == .degraded)
        #expect(world.status("a").reason == "egress: no room: make some")
        world.observed.taps = [:]
        world.observed.failures[TapID("a", .ingress)] = failure
        #expect(world.status("a").operStatus == .failed)
    }

    @Test("what a job measures changes in place, without taking it off its port")
    func changed() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        world.desired.jobs["a"] = World.job("Ethernet0") { $0.sampleRate = 100 }
        var measurement = Measurement()
        measurement.sampleRate = 100
        #expect(world.plan.actions == [.change(TapID("a", .ingress), to: measurement)])
        world.performPlan()
        #expect(world.plan.actions.isEmpty && world.status("a").operStatus == .running)
    }

    @Test("a change that failed makes the job degraded, and is tried again when its time has come")
    func changeFailed() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        world.desired.jobs["a"] = World.job("Ethernet0") { $0.detail = [.qos] }
        var rich = Measurement()
        rich.detail = [.qos]
        let retryAt = Duration.seconds(60)
        world.observed.failures[TapID("a", .ingress)] = Failure(
            .stand(.ethernet0, rich), reason: "no memory", attempts: 1, retryAt: retryAt)
        #expect(world.plan.actions.isEmpty && world.nextRetry == retryAt)
        #expect(world.status("a").operStatus == .degraded && world.status("a").reason == "ingress: no memory")
        world.desired.jobs["a"] = World.job("Ethernet0") { $0.sampleRate = 2 }
        #expect(world.plan.actions.count == 1)
    }

    @Test("a tap that cannot be taken off is tried again when its time has come, and the status says that it counts")
    func stuck() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.performPlan()
        world.desired.jobs["a"] = World.job("Ethernet0") { $0.adminState = .down }
        world.observed.failures[TapID("a", .ingress)] =
            Failure(.rest, reason: "read-only: mount it for writing", attempts: 1, retryAt: .seconds(1))
        #expect(world.plan.actions.isEmpty && world.nextRetry == .seconds(1))
        #expect(world.status("a").operStatus == .disabled)
        #expect(world.status("a").reason.hasSuffix("; ingress still counts: read-only: mount it for writing"))
        world.desired.jobs["a"] = nil
        #expect(world.plan.actions.isEmpty)
        world.observed.uptime = .seconds(1)
        #expect(world.plan.actions == [.release(TapID("a", .ingress))])
    }

    @Test("programs of others before ours are a warning, not a fault")
    func ahead() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        let attachment = Domain.Attachment(port: .ethernet0, type: .tcx)
        world.observed.taps[TapID("a", .ingress)] = TapState(
            startedAt: UnixTime(nanoseconds: 1), attachment: attachment, programsAhead: 2)
        #expect(world.status("a").operStatus == .running)
        #expect(
            world.status("a").warnings == [
                "2 programs of others on Ethernet0 ingress before ours: packets whose way ends there are not counted"
            ])
    }

    @Test("a tap of an earlier agent, whose program is not known, gets the one that it shall have")
    func adopted() {
        var world = World(jobs: ["a": World.job("Ethernet0") { $0.topFlows = 99 }], ports: [.ethernet0])
        let attachment = Domain.Attachment(port: .ethernet0, type: .tcx)
        world.observed.taps[TapID("a", .ingress)] = TapState(
            startedAt: UnixTime(nanoseconds: 1), attachment: attachment, measurement: nil)
        #expect(world.plan.actions == [.change(TapID("a", .ingress), to: .plain)])
    }

    @Test("without the right to load programs every job is a placeholder and says why")
    func unavailable() {
        var world = World(jobs: ["a": World.job("Ethernet0")], ports: [.ethernet0])
        world.observed.unavailable = "not permitted: run as root"
        #expect(world.plan.actions.isEmpty)
        #expect(world.status("a").operStatus == .placeholder)
        #expect(world.status("a").reason.contains("run as root"))
        #expect(world.status("a").interface == "erspan0")
        #expect(world.status("a").mode == .placeholder)
    }

    @Test("a placeholder job never touches the kernel")
    func placeholder() {
        let world = World(jobs: ["a": World.job("Ethernet0") { $0.mirrorMode = .placeholder }], ports: [.ethernet0])
        #expect(world.plan.actions.isEmpty)
        #expect(world.status("a").operStatus == .placeholder)
    }
}

@Suite("The order of actions when news may break them off")
struct TurnTests {
    private static let (a, b, c, d) = (
        TapID("a", .ingress), TapID("b", .ingress), TapID("c", .ingress), TapID("d", .ingress)
    )
    private static let actions: [Action] = [
        .release(a), .change(b, to: .plain), .attach(c, to: .ethernet0, measuring: .plain), .change(d, to: .plain),
    ]

    @Test("what frees and who starts comes before changes of what runs")
    func starts() {
        #expect(Self.actions.inTurns(with: []).map(\.tap) == [Self.a, Self.c, Self.b, Self.d])
        #expect([Action]().inTurns(with: [Self.a]).isEmpty)
    }

    @Test("what an earlier plan came not to takes turns with the rest, and nothing is left out")
    func turns() {
        #expect(Self.actions.inTurns(with: [Self.b, Self.d]).map(\.tap) == [Self.a, Self.b, Self.c, Self.d])
        #expect(Self.actions.inTurns(with: [Self.d]).map(\.tap) == [Self.a, Self.d, Self.c, Self.b])
        #expect(Self.actions.inTurns(with: [Self.a, Self.b, Self.c]).map(\.tap) == [Self.d, Self.a, Self.b, Self.c])
    }
}

@Suite("The limit of jobs")
struct AdmissionTests {
    @Test("jobs over the limit are rejected in the order of their names")
    func limit() {
        let jobs: [JobName: JobRow] = [
            "c": World.job("Ethernet0"), "a": World.job("Ethernet0"), "b": World.job("Ethernet0"),
        ]
        var world = World(jobs: jobs, ports: [.ethernet0])
        world.desired.maxJobs = 2
        #expect(world.plan.admitted == ["a", "b"])
        #expect(world.status("c").operStatus == .rejected)
        #expect(world.status("c").reason.contains("max_jobs"))
    }

    @Test("a running job keeps its place when one with an earlier name comes, and when the limit falls")
    func keepsPlace() {
        var world = World(jobs: ["b": World.job("Ethernet0"), "c": World.job("Ethernet0")], ports: [.ethernet0])
        world.desired.maxJobs = 2
        world.performPlan()
        world.desired.jobs["a"] = World.job("Ethernet0")
        #expect(world.plan.admitted == ["b", "c"])
        world.desired.maxJobs = 1
        #expect(world.plan.admitted == ["b", "c"])
    }

    @Test("a place that comes free is the next one's", arguments: [true, false])
    func free(byDeletion: Bool) {
        var world = World(jobs: ["a": World.job("Ethernet0"), "b": World.job("Ethernet0")], ports: [.ethernet0])
        world.desired.maxJobs = 1
        world.performPlan()
        world.desired.jobs["a"] = byDeletion ? nil : World.job("Ethernet0") { $0.adminState = .down }
        #expect(world.plan.admitted == ["b"])
    }

    @Test("bad rows take no place")
    func bad() {
        var world = World(jobs: ["a": .rejected(reason: "bad"), "b": World.job("Ethernet0")], ports: [.ethernet0])
        world.desired.maxJobs = 1
        #expect(world.plan.admitted == ["b"])
    }
}

@Suite("Planner, exhaustively on small worlds")
struct SmallWorldTests {
    static let rows: [JobRow?] = [
        nil, .rejected(reason: "bad"), World.job("Ethernet0"), World.job("Ethernet4", .egress),
        World.job("Ethernet0", .both), World.job("Ethernet0") { $0.adminState = .down },
        World.job("Ethernet0") { $0.mirrorMode = .placeholder },
        World.job("Ethernet0") { $0.expiresAt = UnixTime(nanoseconds: 1) },
    ]
    static let moved = Port(name: Port.ethernet0.name, ifindex: 70)
    static let portSets: [[Port]] = [[], [.ethernet0], [.ethernet4], [.ethernet0, .ethernet4], [moved, .ethernet4]]

    @Test(
        "from every state to every desire one pass suffices, touches nothing else, and the next plans nothing",
        arguments: rows.indices)
    func converges(index: Int) {
        for other in Self.rows {
            for ports in Self.portSets {
                for taps in Self.tapSets {
                    var world = World(jobs: [:], ports: ports)
                    world.desired.jobs["a"] = Self.rows[index]
                    world.desired.jobs["b"] = other
                    world.observed.taps = taps
                    #expect(world.touchesOnlyItsOwn, "\(world)")
                    world.performPlan()
                    #expect(world.plan.actions.isEmpty, "\(world)")
                    #expect(world.isAsDesired, "\(world)")
                }
            }
        }
    }

    /// Every way in which two jobs can have been left: no slot, a resting one, attached here or there.
    static let tapSets: [[TapID: TapState]] = {
        let places: [Domain.Attachment??] =
            [nil, .some(nil)]
            + [Port.ethernet0, .ethernet4, moved].map { .some(Domain.Attachment(port: $0, type: .tcx)) }
        var sets: [[TapID: TapState]] = []
        for a in places {
            for out in places.prefix(3) {
                for b in places {
                    var set: [TapID: TapState] = [:]
                    for (tap, place) in [
                        (TapID("a", .ingress), a), (TapID("a", .egress), out), (TapID("b", .ingress), b),
                    ] {
                        if let place { set[tap] = TapState(startedAt: UnixTime(nanoseconds: 5), attachment: place) }
                    }
                    sets.append(set)
                }
            }
        }
        return sets
    }()
}
