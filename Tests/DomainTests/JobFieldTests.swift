import Testing

@testable import Domain

/// Each field of a job's row alone: what it takes, what it becomes, what it refuses.
@Suite struct JobFieldTests {
    @Test func `A row with nothing but a port has the contract's defaults`() throws {
        let job = try JobSpec.parse(["port": "Ethernet0"])
        #expect(job == ParsedJob(spec: JobSpec(port: try #require(NetdevName("Ethernet0")))))
        #expect(job.spec.direction == .ingress)
        #expect(job.spec.adminState == .up)
        #expect(job.spec.sampleRate == 1)
        #expect(job.spec.topFlows == 16)
        #expect(job.spec.otlpExport)
        #expect(job.spec.erspan.version == 2)
        #expect(job.spec.erspan.greType == 0x88be)
        #expect(job.spec.erspan.packetsPerSecond == 100_000)
    }

    @Test(arguments: [[:], ["port": ""], ["direction": "egress"]])
    func `A row without a port is no job`(fields: [String: String]) {
        #expect(throws: RowError("port: must be given")) { try JobSpec.parse(fields) }
    }

    @Test(arguments: ["Ethernet0", "PortChannel1001", "eth0", "Ethernet0.100", "veth_a-b", "123456789012345"])
    func `A port is any netdev`(name: String) throws {
        #expect(try JobRows.spec(["port": name]).port.text == name)
    }

    @Test(arguments: ["../x", "a..b", "-eth0", ".eth0", "eth 0", "1234567890123456", "eth/0", "étå0", "eth0\n", "a:b"])
    func `A port that no netdev could be is refused`(name: String) {
        #expect(JobRows.refusal(["port": name])?.hasPrefix("port ") == true)
    }

    @Test(arguments: WatchedDirection.allCases)
    func `A direction is ingress, egress or both`(direction: WatchedDirection) throws {
        #expect(try JobRows.spec(["direction": direction.rawValue]).direction == direction)
    }

    @Test(arguments: AdminState.allCases)
    func `A job is up or down`(state: AdminState) throws {
        #expect(try JobRows.spec(["admin_state": state.rawValue]).adminState == state)
    }

    @Test(arguments: MirrorMode.allCases)
    func `Every mirror mode is understood`(mode: MirrorMode) throws {
        #expect(try JobRows.spec(["mirror_mode": mode.rawValue, "sink_port": "eth1"]).mirrorMode == mode)
    }

    @Test func `A reason names field, value and what is allowed`() {
        let reasons = [
            ("direction", "sideways", #"direction "sideways": must be ingress, egress or both"#),
            ("admin_state", "UP", #"admin_state "UP": must be up or down"#),
            ("origin", "cli", #"origin "cli": must be api"#),
            ("vlan", "10,4095", #"vlan "4095": must be 1 to 4094"#),
            ("sample_rate", "0", #"sample_rate "0": must be 1 to 16777216"#),
            ("erspan_remote", "here", #"erspan_remote "here": must be an IPv4 address such as 192.0.2.1"#),
            ("ip_proto", "TCP", #"ip_proto "TCP": must be a protocol such as tcp, or 0 to 255"#),
            ("otlp_export", "yes", #"otlp_export "yes": must be true or false"#),
            ("expires_at", "soon", #"expires_at "soon": must be a time in UTC such as 2026-01-31T12:00:00Z"#),
        ]
        for (field, value, reason) in reasons { #expect(JobRows.refusal([field: value]) == reason) }
    }

    @Test(arguments: [
        ("erspan_key", 0, 1023), ("erspan_ttl", 1, 255), ("erspan_ver", 1, 2), ("erspan_truncate", 64, 9216),
        ("erspan_pps", 1, 10_000_000), ("sample_rate", 1, 16_777_216), ("top_flows", 1, 1024), ("vlan", 1, 4094),
        ("dscp", 0, 63), ("ip_proto", 0, 255), ("erspan_tos", 0, 255), ("gre_type", 0, 65_535),
        ("l4_src_port", 0, 65_535), ("l4_dst_port", 0, 65_535),
    ])
    func `A number is taken inside its range and refused outside`(field: String, first: Int, last: Int) {
        for good in [first, last] { #expect(JobRows.refusal([field: String(good)]) == nil) }
        for bad in [first - 1, last + 1] { #expect(JobRows.refusal([field: String(bad)]) != nil) }
    }

    @Test(arguments: ["+5", " 5", "5 ", "05", "0x5", "5.0", "5e0", "٥", "five", "-5", "99999999999999999999", "--"])
    func `A number is digits without sign, spaces or leading zeros`(text: String) {
        for field in ["erspan_key", "sample_rate", "vlan", "dscp", "l4_src_port", "ip_proto", "erspan_tos"] {
            #expect(JobRows.refusal([field: text]) != nil)
        }
    }

    @Test func `The tunnel's options arrive where they belong`() throws {
        let spec = try JobRows.spec([
            "erspan_remote": "192.0.2.1", "erspan_local": "192.0.2.2", "erspan_key": "7", "erspan_name": "tun7",
            "erspan_ttl": "9", "erspan_tos": "inherit", "erspan_ver": "1", "erspan_truncate": "128",
            "erspan_pps": "5", "gre_type": "0x22EB", "sink_port": "eth1",
        ])
        var expected = ERSPANOptions()
        (expected.remote, expected.local) = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
        (expected.key, expected.name, expected.ttl, expected.tos) = (7, NetdevName("tun7"), 9, .inherit)
        (expected.version, expected.truncate, expected.packetsPerSecond, expected.greType) = (1, 128, 5, 0x22eb)
        #expect(spec.erspan == expected)
        #expect(spec.sinkPort == NetdevName("eth1"))
    }

    @Test(arguments: [("0x88be", 0x88be), ("0X22eb", 0x22eb), ("35006", 0x88be), ("0x0", 0), ("0x0001", 1)])
    func `A GRE type is hexadecimal or decimal`(text: String, value: UInt16) throws {
        #expect(try JobRows.spec(["gre_type": text]).erspan.greType == value)
    }

    @Test(arguments: ["0x", "0x12345", "x88be", "88be", "0x+1", "0x-1", "0xg", "0b1"])
    func `Other notations of a GRE type are refused`(text: String) {
        #expect(JobRows.refusal(["gre_type": text]) != nil)
    }

    @Test func `The type of service is a number or that of the packet inside`() throws {
        #expect(try JobRows.spec(["erspan_tos": "184"]).erspan.tos == .value(184))
        #expect(JobRows.refusal(["erspan_tos": "Inherit"]) != nil)
    }

    @Test func `A job may end by itself`() throws {
        let time = try JobRows.spec(["expires_at": "2026-01-31T12:00:00Z"]).expiresAt
        #expect(time?.rfc3339 == "2026-01-31T12:00:00Z")
    }

    @Test func `A description is up to 255 bytes of any script`() throws {
        let text = String(repeating: "é", count: 127) + "x"
        #expect(try JobRows.spec(["description": text]).description == text)
        #expect(JobRows.refusal(["description": text + "y"]) != nil)
    }

    @Test func `Export and origin are taken as they are`() throws {
        let spec = try JobRows.spec(["otlp_export": "false", "origin": "api"])
        #expect(spec.otlpExport == false)
        #expect(spec.origin == .api)
    }

    @Test func `Hardware mirroring needs a port for the copies`() throws {
        #expect(JobRows.refusal(["mirror_mode": "asic"]) == "sink_port: must be given when mirror_mode is asic")
        #expect(try JobRows.spec(["mirror_mode": "erspan-sink"]).sinkPort == nil)
    }
}
