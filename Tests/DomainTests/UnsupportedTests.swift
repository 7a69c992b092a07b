import Domain
import Testing

@Suite struct UnsupportedTests {
    private func unsupported(_ fields: [String: String], _ agent: AgentMirror = AgentMirror()) throws -> [String] {
        try JobRows.spec(fields).unsupported(agentDefault: agent)
    }

    @Test func `Mirrors of the hardware are named`() throws {
        let fields = ["mirror_mode": "asic", "sink_port": "eth1"]
        #expect(try unsupported(fields) == ["mirror_mode asic: not supported yet"])
    }

    @Test func `Options of ERSPAN alone ask for nothing`() throws {
        let options = ["erspan_key": "7", "erspan_ver": "1", "erspan_pps": "5", "gre_type": "0x22eb"]
        #expect(try unsupported(options).isEmpty)
    }
}
