import Domain
import Testing

@Suite struct EffectiveModeTests {
    private let remote = IPv4Address("192.0.2.1")
    private let local = IPv4Address("192.0.2.2")
    private let ends = ["erspan_remote": "198.51.100.1", "erspan_local": "198.51.100.2"]

    @Test(
        arguments: [
            ("none", .port), ("erspan-sink", .erspanSink), ("asic", .asic), ("placeholder", .placeholder),
        ] as [(String, EffectiveMode)])
    func `The row's mode goes before the agent's`(mode: String, effective: EffectiveMode) throws {
        let spec = try JobRows.spec(["mirror_mode": mode, "sink_port": "eth1"])
        for agent in [MirrorMode.none, .erspan, .placeholder] {
            #expect(spec.effectiveMode(AgentMirror(mode: agent, remote: remote, local: local)) == effective)
        }
    }

    @Test func `A row without a mode has the agent's`() throws {
        let spec = try JobRows.spec()
        #expect(spec.effectiveMode(AgentMirror(mode: .none)) == .port)
        #expect(spec.effectiveMode(AgentMirror(mode: .placeholder)) == .placeholder)
        #expect(spec.effectiveMode(AgentMirror(mode: .erspan, remote: remote, local: local)) == .erspan)
    }

    @Test func `ERSPAN without end points means the port`() throws {
        #expect(try JobRows.spec(["mirror_mode": "erspan"]).effectiveMode(AgentMirror()) == .port)
        #expect(try JobRows.spec().effectiveMode(AgentMirror(mode: .erspan)) == .port)
    }

    @Test func `ERSPAN needs both end points`() throws {
        #expect(try JobRows.spec().effectiveMode(AgentMirror(remote: remote)) == .port)
        #expect(try JobRows.spec(["erspan_local": "198.51.100.2"]).effectiveMode(AgentMirror()) == .port)
        #expect(try JobRows.spec(ends).effectiveMode(AgentMirror()) == .erspan)
    }

    @Test func `One end point may be the row's and the other the agent's`() throws {
        let spec = try JobRows.spec(["erspan_remote": "198.51.100.1"])
        #expect(spec.effectiveMode(AgentMirror(local: local)) == .erspan)
    }

    @Test func `The agent's end points serve only its device's jobs`() throws {
        let agent = AgentMirror(remote: remote, local: local, device: NetdevName("Ethernet4"))
        #expect(try JobRows.spec(["port": "Ethernet4"]).effectiveMode(agent) == .erspan)
        #expect(try JobRows.spec(["port": "Ethernet0"]).effectiveMode(agent) == .port)
        #expect(try JobRows.spec(ends).effectiveMode(agent) == .erspan)
    }
}
