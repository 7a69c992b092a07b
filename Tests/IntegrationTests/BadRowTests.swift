import SonicDB
import Testing
import Traffic

@Suite("Bad rows", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct BadRowTests {
    /// What is wrong with each: the field that the reason must name, and the fields of the row.
    static let rows: [(field: String, row: [String: String])] = [
        ("port", [:]),
        ("port", ["port": ""]),
        ("port", ["port": "no such/port"]),
        ("port", ["port": "-dash"]),
        ("port", ["port": "a..b"]),
        ("port", ["port": "sixteencharacter"]),
        ("port", ["port": "new\nline"]),
        ("port", ["port": "Ethernet0", "port@": "a,b", "direction": "up"]),
        ("direction", ["direction": "sideways"]),
        ("direction", ["direction": "INGRESS"]),
        ("admin_state", ["admin_state": "true"]),
        ("mirror_mode", ["mirror_mode": "rspan"]),
        ("erspan_remote", ["erspan_remote": "10.0.0"]),
        ("erspan_remote", ["erspan_remote": "::1"]),
        ("erspan_local", ["erspan_local": "10.0.0.256"]),
        ("erspan_key", ["erspan_key": "1024"]),
        ("erspan_key", ["erspan_key": "-1"]),
        ("erspan_name", ["erspan_name": "a b"]),
        ("erspan_ttl", ["erspan_ttl": "0"]),
        ("erspan_tos", ["erspan_tos": "256"]),
        ("erspan_ver", ["erspan_ver": "3"]),
        ("erspan_truncate", ["erspan_truncate": "63"]),
        ("sink_port", ["mirror_mode": "asic"]),
        ("gre_type", ["gre_type": "0x1ffff"]),
        ("erspan_pps", ["erspan_pps": "0"]),
        ("sample_rate", ["sample_rate": "0"]),
        ("sample_rate", ["sample_rate": "16777217"]),
        ("sample_rate", ["sample_rate": "1e3"]),
        ("vlan", ["vlan@": "0"]),
        ("vlan", ["vlan@": "10,4095"]),
        ("ip_proto", ["ip_proto@": "tcp,nonsense"]),
        ("dscp", ["dscp@": "64"]),
        ("l4_src_port", ["l4_src_port@": "2000-1000"]),
        ("l4_dst_port", ["l4_dst_port@": "65536"]),
        ("src_prefix", ["src_prefix": "10.0.0.1/8"]),
        ("dst_prefix", ["dst_prefix": "10.0.0.0/33"]),
        ("prefix", ["src_prefix": "10.0.0.0/8", "dst_prefix": "2001:db8::/32"]),
        ("detail", ["detail@": "flows,everything"]),
        ("top_flows", ["top_flows": "1025"]),
        ("expires_at", ["expires_at": "tomorrow"]),
        ("expires_at", ["expires_at": "2026-02-30T00:00:00Z"]),
        ("otlp_export", ["otlp_export": "yes"]),
        ("description", ["description": String(repeating: "x", count: 256)]),
        ("description", ["description": "bell \u{7}"]),
        ("origin", ["origin": "me"]),
    ]

    @Test("forty kinds of bad rows are each rejected with a reason, and the good job beside them counts on")
    func rejected() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("good", ["port": "Ethernet0"])
            try await agent.wait("good", is: "running")
            async let sending = agent.send(20_000.thinned, rate: 20_000.thinned)
            for (number, bad) in Self.rows.enumerated() {
                let base = bad.field == "port" ? ["direction": "ingress"] : ["port": "Ethernet0"]
                try await agent.write("bad\(number)", base.merging(bad.row) { $1 })
            }
            #expect(Self.rows.count >= 40)
            for (number, bad) in Self.rows.enumerated() {
                let row = try await agent.wait("bad\(number)", is: "rejected")
                let reason = row["reason"] ?? ""
                #expect(
                    reason.contains(bad.field) || bad.field == "port" && reason.contains("direction"),
                    "\(bad): \(reason)")
                #expect(!reason.isEmpty && !reason.contains("\n") && reason.utf8.count < 400)
            }
            let sent = try await sending
            try await agent.wait("good", hasCounted: sent.packets)
            #expect(try await agent.statistics("good", "ingress") == sent.fields)
        }
    }

    @Test("keys that are no job names, and keys that hold no hash, harm nobody")
    func keys() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("good", ["port": "Ethernet0"])
            try await agent.wait("good", is: "running")
            _ = try await agent.config.send(["SET", "TELEGEN_JOB|text", "no hash"])
            try await agent.write("no name", ["port": "Ethernet0"])
            try await agent.write("a|b", ["port": "Ethernet0"])
            try await agent.write(String(repeating: "n", count: 200), ["port": "Ethernet0"])
            for key in ["text", "no name", "a|b"] {
                #expect(try await agent.wait(key, is: "rejected")["reason"]?.isEmpty == false)
            }
            #expect(try await agent.row(String(repeating: "n", count: 200)).isEmpty)
            let sent = try await agent.send(100)
            try await agent.wait("good", hasCounted: sent.packets)
        }
    }

    @Test("unknown fields are warnings, and harm nothing else")
    func unknownFields() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("odd", ["port": "Ethernet0", "colour": "blue"])
            #expect(try await agent.wait("odd", is: "running")["warnings"]?.contains("colour") == true)
            let sent = try await agent.send(100)
            try await agent.wait("odd", hasCounted: sent.packets)
        }
    }
}
