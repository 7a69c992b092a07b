import Domain
import Testing

@Suite struct UnsupportedTests {
    private func unsupported(_ fields: [String: String], _ agent: AgentMirror = AgentMirror()) throws -> [String] {
        try JobRows.spec(fields).unsupported(agentDefault: agent)
    }

    @Test(arguments: [
        ("sample_rate", "100", "sample_rate 100"), ("vlan", "10,20", "vlan 10,20"),
        ("ip_proto", "6,99", "ip_proto tcp,99"), ("dscp", "46", "dscp 46"),
        ("l4_src_port", "53,1000-2000", "l4_src_port 53,1000-2000"),
        ("l4_dst_port@", "443-443", "l4_dst_port 443"), ("src_prefix", "10.0.0.0/8", "src_prefix 10.0.0.0/8"),
        ("dst_prefix", "2001:DB8::/32", "dst_prefix 2001:db8::/32"), ("detail", "qos,flows", "detail flows,qos"),
    ])
    func `A field that has no effect yet is named`(field: String, value: String, start: String) throws {
        #expect(try unsupported([field: value]) == ["\(start): not supported yet"])
    }

    @Test func `What holds anyway is not named`() throws {
        #expect(try unsupported([:]).isEmpty)
        #expect(try unsupported(["sample_rate": "1", "vlan": "", "top_flows": "5", "otlp_export": "false"]).isEmpty)
    }

    @Test(arguments: ["erspan-sink", "asic"])
    func `Modes inside a tunnel are named`(mode: String) throws {
        let fields = ["mirror_mode": mode, "sink_port": "eth1"]
        #expect(try unsupported(fields) == ["mirror_mode \(mode): not supported yet"])
    }

    @Test func `ERSPAN is named when there are end points for it`() throws {
        let agent = AgentMirror(remote: IPv4Address("192.0.2.1"), local: IPv4Address("192.0.2.2"))
        #expect(try unsupported([:], agent) == ["mirror_mode erspan: not supported yet"])
        #expect(try unsupported(["mirror_mode": "erspan"]).isEmpty)
        #expect(try unsupported(["mirror_mode": "none"], agent).isEmpty)
    }

    @Test func `Options of ERSPAN alone ask for nothing`() throws {
        let options = ["erspan_key": "7", "erspan_ver": "1", "erspan_pps": "5", "gre_type": "0x22eb"]
        #expect(try unsupported(options).isEmpty)
    }

    @Test func `A long list is cut`() throws {
        let ranges = (0..<64).map { "\(1000 + $0)" }.joined(separator: ",")
        #expect(try unsupported(["l4_src_port": ranges]) == ["l4_src_port \(ranges.prefix(40))…: not supported yet"])
    }
}
