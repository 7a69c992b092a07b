import Domain
import Testing

/// Lists and prefixes of a job's row.
@Suite struct JobFilterTests {
    @Test(arguments: ["vlan", "vlan@"])
    func `A list is understood with and without its mark`(field: String) throws {
        let job = try JobRows.parse([field: "10,20,4094"])
        #expect(job.spec.filter.vlan == [10, 20, 4094])
        #expect(job.warnings.isEmpty)
    }

    @Test func `The marked form wins over the plain one, with a warning`() throws {
        let job = try JobRows.parse(["vlan@": "10", "vlan": "not even a number"])
        #expect(job.spec.filter.vlan == [10])
        #expect(job.warnings == ["vlan: set both as vlan@ and as vlan, vlan@ counts"])
    }

    @Test func `An empty list is an unset one`() throws {
        #expect(try JobRows.parse(["vlan@": "", "dscp": ""]) == JobRows.parse())
        #expect(try JobRows.parse(["vlan@": "", "vlan": "10"]).spec.filter.vlan == [10])
    }

    @Test(arguments: ["10,", ",10", "10,,20", ","])
    func `An empty entry between commas is refused`(text: String) {
        #expect(JobRows.refusal(["vlan": text]) == "vlan \"\(text)\": must have no empty entry between its commas")
    }

    @Test(arguments: ["10, 20", " 10", "10 ,20", "10;20", "10 20", "10,\u{301}20", "10-20"])
    func `Entries stand between commas and nothing else`(text: String) {
        #expect(JobRows.refusal(["vlan": text]) != nil)
    }

    @Test func `A repeated entry counts once`() throws {
        #expect(try JobRows.spec(["vlan": "20,10,20"]).filter.vlan == [20, 10])
    }

    @Test(arguments: [
        ("icmp", 1), ("igmp", 2), ("ipip", 4), ("tcp", 6), ("udp", 17), ("gre", 47), ("esp", 50), ("ah", 51),
        ("icmpv6", 58), ("ospf", 89), ("pim", 103), ("vrrp", 112), ("sctp", 132), ("6", 6), ("0", 0), ("255", 255),
    ])
    func `A protocol goes by its name or its number`(text: String, number: UInt8) throws {
        #expect(try JobRows.spec(["ip_proto": text]).filter.ipProto == [number])
    }

    @Test func `Name and number of a protocol are one entry`() throws {
        #expect(try JobRows.spec(["ip_proto": "tcp,6,udp"]).filter.ipProto == [6, 17])
    }

    @Test func `Ports are single or ranges`() throws {
        let filter = try JobRows.spec(["l4_src_port": "53,1000-2000", "l4_dst_port@": "0-65535,7-7"]).filter
        #expect(filter.l4SourcePort == [53...53, 1000...2000])
        #expect(filter.l4DestinationPort == [0...65535, 7...7])
    }

    @Test(arguments: ["2000-1000", "1-", "-1", "-", "1-2-3", "1--2", "1 - 2", "0-65536", "1:2", "01-2"])
    func `A range that is no range is refused`(text: String) {
        #expect(JobRows.refusal(["l4_src_port": text]) != nil)
    }

    @Test func `Code points are a list`() throws {
        #expect(try JobRows.spec(["dscp": "0,46"]).filter.dscp == [0, 46])
    }

    @Test func `Prefixes of one family are taken`() throws {
        let filter = try JobRows.spec(["src_prefix": "2001:db8::/32", "dst_prefix": "::/0"]).filter
        #expect(filter.sourcePrefix == IPPrefix("2001:db8::/32"))
        #expect(filter.destinationPrefix == IPPrefix("::/0"))
    }

    @Test func `Prefixes of two families are refused`() {
        let reason = JobRows.refusal(["src_prefix": "10.0.0.0/8", "dst_prefix": "::/0"])
        #expect(reason == #"src_prefix "10.0.0.0/8": must be of the family of dst_prefix ::/0"#)
    }

    @Test func `A prefix with host bits is refused`() {
        let allowed = "must be an IPv4 or IPv6 prefix without host bits, such as 192.0.2.0/24"
        #expect(JobRows.refusal(["src_prefix": "10.0.0.1/8"]) == "src_prefix \"10.0.0.1/8\": \(allowed)")
    }

    @Test func `Details are a set`() throws {
        #expect(try JobRows.spec(["detail": "qos,flows,qos"]).detail == [.flows, .qos])
        #expect(JobRows.refusal(["detail@": "flows,latency"]) == #"detail "latency": must be flows, bursts or qos"#)
    }

    @Test func `A row without filter fields lets all packets pass`() throws {
        #expect(try JobRows.spec().filter.isEmpty)
    }
}
