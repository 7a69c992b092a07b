import Testing

@testable import Domain

@Suite struct FlowKeyTests {
    private func key(_ source: String, _ destination: String, proto: UInt8 = 6, ports: (UInt16, UInt16)) throws
        -> FlowKey
    {
        FlowKey(
            source: try #require(IPAddress(source)), destination: try #require(IPAddress(destination)), proto: proto,
            sourcePort: ports.0, destinationPort: ports.1)
    }

    @Test("a flow reads as protocol and ends, with ports where there are any")
    func text() throws {
        #expect(
            try key("192.0.2.1", "198.51.100.7", ports: (49152, 443)).description
                == "tcp 192.0.2.1:49152 -> 198.51.100.7:443")
        #expect(
            try key("2001:db8::1", "::1", proto: 17, ports: (53, 0)).description
                == "udp [2001:db8::1]:53 -> [::1]:0")
        #expect(
            try key("2001:db8::1", "::1", proto: 58, ports: (0, 0)).description == "icmpv6 2001:db8::1 -> ::1")
        #expect(
            try key("192.0.2.1", "192.0.2.2", proto: 253, ports: (0, 0)).description == "253 192.0.2.1 -> 192.0.2.2")
    }

    @Test("flows have one order, by addresses as numbers first")
    func order() throws {
        let keys = [
            try key("9.0.0.1", "9.0.0.2", ports: (1, 1)), try key("10.0.0.1", "9.0.0.2", ports: (1, 1)),
            try key("10.0.0.1", "10.0.0.2", ports: (1, 1)), try key("10.0.0.1", "10.0.0.2", ports: (1, 2)),
            try key("10.0.0.1", "10.0.0.2", ports: (2, 1)),
            try key("10.0.0.1", "10.0.0.2", proto: 17, ports: (1, 1)), try key("::1", "::2", ports: (1, 1)),
        ]
        #expect(keys.shuffled().sorted() == keys)
    }
}
