import Testing

@testable import Domain

@Suite("Mirrors in hardware that would feed each other")
struct MirrorCircleTests {
    private static func spec(_ port: String, to sink: String, _ direction: WatchedDirection = .ingress) -> JobSpec {
        var spec = JobSpec(port: NetdevName(port)!)
        (spec.mirrorMode, spec.sinkPort, spec.direction) = (.asic, NetdevName(sink)!, direction)
        return spec
    }

    @Test("the job that would close a circle is refused, and says with whom; chains and egress are none")
    func circles() {
        var circles = MirrorCircles()
        #expect(circles.refusal(of: "a", Self.spec("Ethernet0", to: "Ethernet4")) == nil)
        #expect(circles.refusal(of: "b", Self.spec("Ethernet4", to: "Ethernet8", .both)) == nil)
        #expect(circles.refusal(of: "c", Self.spec("Ethernet8", to: "Ethernet0"))?.contains("copies of job b") == true)
        #expect(circles.refusal(of: "d", Self.spec("Ethernet4", to: "Ethernet0"))?.contains("copies of job a") == true)
        #expect(circles.refusal(of: "e", Self.spec("Ethernet8", to: "Ethernet0", .egress)) == nil)
        #expect(circles.refusal(of: "f", Self.spec("Ethernet12", to: "Ethernet0")) == nil)
        #expect(circles.refusal(of: "g", Self.spec("Ethernet8", to: "Ethernet12", .both)) != nil)
    }
}
