import Glibc
import Testing
import Traffic

@Suite("Devices without an Ethernet header", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct LayerThreeTests {
    @Test("a tun device's packets are counted by their IP header, without 14 bytes that are not there")
    func tun() async throws {
        try await AgentUnderTest.run { agent in
            let device = try agent.namespace.inside { try Tun("tun7") }
            _ = try await agent.namespace.run(["ip", "link", "set", "tun7", "up"])
            try await agent.write("a", ["port": "tun7"])
            try await agent.write("tailored", ["port": "tun7", "ip_proto": "udp", "detail": "qos,flows"])
            for job in ["a", "tailored"] { try await agent.wait(job, is: "running") }
            for name in ["ipv4-udp-128", "ipv4-udp-129", "icmp6-118", "icmp6-hop-by-hop", "ipv6-tcp-74"] {
                try device.write(Array(try #require(Corpus[name]).bytes.dropFirst(14)))
            }
            try await agent.wait("a", hasCounted: 5)
            let counted = try await agent.statistics("a", "ingress")
            #expect(counted["ipv4_packets"] == "2" && counted["ipv4_bytes"] == "\(128 + 129 - 28)")
            #expect(counted["icmp6_packets"] == "2" && counted["ipv6_packets"] == "1")
            #expect(counted["other_packets"] == "0" && counted["parse_errors"] == "0")

            try await agent.wait("tailored", hasCounted: 2)
            try await agent.passStatusIntervals(2)
            let tailored = try await agent.statistics("tailored", "ingress")
            #expect(tailored["ipv4_packets"] == "2" && tailored["ipv4_bytes"] == "\(128 + 129 - 28)")
            #expect(tailored["filtered"] == "3" && tailored["parse_errors"] == "0")
            #expect(tailored["ecn_packets"]?.split(separator: ",").compactMap { Int($0) }.reduce(0, +) == 2)
            #expect(tailored["flow_other_packets"] == "0")
        }
    }
}

/// A tun device (tun.rst): what is written arrives at it. It goes with the value.
private final class Tun {
    private let descriptor: Int32

    init(_ name: String) throws {
        descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0, "needs /dev/net/tun")
        // struct ifreq: a name of 16 bytes, then IFF_TUN | IFF_NO_PI; TUNSETIFF.
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<name.utf8.count, with: name.utf8)
        request.replaceSubrange(16..<18, with: [0x01, 0x10])
        try #require(ioctl(descriptor, 0x4004_54ca, &request) == 0)
    }

    deinit { close(descriptor) }

    func write(_ packet: [UInt8]) throws { try #require(Glibc.write(descriptor, packet, packet.count) == packet.count) }
}
