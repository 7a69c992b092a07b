import Testing

@testable import Domain

@Suite("Vantage points that overlap")
struct VantagePointTests {
    private static let bundle = Port(name: NetdevName("PortChannel1")!, ifindex: 20)
    private static let member = Port(name: NetdevName("Ethernet0")!, ifindex: 7, .init(master: 20))

    private func warnings(_ jobs: [JobName: JobRow], _ ports: [Port] = [Self.bundle, Self.member]) -> [JobName:
        [String]]
    {
        let world = World(jobs: jobs, ports: ports)
        return VantagePoints.warnings(world.plan.intents, world.desired.mirror, world.observed.ports)
    }

    @Test("a job on a PortChannel and one on its member both say that they count the same packets")
    func stacked() {
        let found = warnings(["a": World.job("Ethernet0"), "b": World.job("PortChannel1", .both)])
        #expect(
            found["a"] == [
                "Ethernet0 is a member of PortChannel1, which job b watches: what passes both is counted by both jobs"
            ])
        #expect(
            found["b"] == [
                "Ethernet0 is a member of PortChannel1, and job a watches it: what passes both is counted by both jobs"
            ])
    }

    @Test("other directions, jobs that do not count, and ports of no bundle overlap with nothing")
    func apart() {
        #expect(warnings(["a": World.job("Ethernet0"), "b": World.job("PortChannel1", .egress)]).isEmpty)
        let down = World.job("PortChannel1") { $0.adminState = .down }
        #expect(warnings(["a": World.job("Ethernet0"), "b": down]).isEmpty)
        let jobs = ["a": World.job("Ethernet0"), "b": World.job("Ethernet4")] as [JobName: JobRow]
        #expect(warnings(jobs, [Self.bundle, Self.member, .ethernet4]).isEmpty)
        #expect(warnings(["a": World.job("Ethernet0"), "b": World.job("Ethernet0")]).isEmpty)
    }

    @Test("a port that joins a PortChannel is the same port: its taps stay")
    func identity() {
        #expect(Self.member == Port(name: NetdevName("Ethernet0")!, ifindex: 7))
    }
}
