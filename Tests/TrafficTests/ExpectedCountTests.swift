import Testing

@testable import Traffic

@Suite("What frames count as, rule by rule")
struct ExpectedCountTests {
    private static let udp4 = IPv4.packet(17, .pattern(30))
    private static let ping6 = IPv6.packet(next: 58, .pattern(30))

    private func expect(
        _ packetClass: ExpectedCount.PacketClass, malformed: Bool = false, _ bytes: [UInt8],
        at location: SourceLocation = #_sourceLocation
    ) {
        let expected = ExpectedCount(packetClass: packetClass, wireLengths: [bytes.count], isMalformed: malformed)
        #expect(ExpectedCount(of: bytes) == expected, sourceLocation: location)
    }

    @Test("The class follows the EtherType behind at most two tags")
    func tags() {
        let tags: [VLANTag] = [.service(1), .customer(2), .customer(3)]
        for count in 0...2 {
            expect(.ipv4, Ethernet.frame(0x0800, tags: Array(tags.prefix(count)), Self.udp4))
            expect(.icmp6, Ethernet.frame(0x86dd, tags: Array(tags.prefix(count)), Self.ping6))
            expect(.other, Ethernet.frame(0x0806, tags: Array(tags.prefix(count)), .pattern(28)))
        }
        expect(.other, Ethernet.frame(0x0800, tags: tags, Self.udp4))
        expect(.other, Ethernet.frame(0x8100, tags: Array(tags.prefix(2)), []))
    }

    @Test("A first or second tag that is cut short is malformed", arguments: 0...3)
    func cutTags(length: Int) {
        let cut = [UInt8](repeating: 8, count: length)
        expect(.other, malformed: true, Ethernet.frame(0x8100, cut))
        expect(.other, malformed: true, Ethernet.frame(0x88a8, cut))
        expect(.other, malformed: true, Ethernet.frame(0x8100, tags: [.customer(1)], cut))
    }

    @Test("802.3 lengths and what is not IP are other, and never malformed", arguments: [0, 39, 1500, 0x8847, 0x9000])
    func others(type: Int) {
        expect(.other, Ethernet.frame(type, []))
        expect(.other, Ethernet.frame(type, Self.udp4))
    }

    @Test("IPv4: the header has to fit, say 4 and be five words at least")
    func ipv4() {
        let header = Array(Self.udp4.prefix(20))
        expect(.ipv4, Ethernet.frame(0x0800, header))
        expect(.ipv4, malformed: true, Ethernet.frame(0x0800, header.dropLast()))
        expect(.ipv4, Ethernet.frame(0x0800, [0x46] + header.dropFirst() + [1, 1, 1, 1]))
        for first: UInt8 in [0x46, 0x44, 0x40, 0x55, 0x65] {
            expect(.ipv4, malformed: true, Ethernet.frame(0x0800, [first] + header.dropFirst() + [1, 1, 1]))
        }
        expect(.ipv4, Ethernet.frame(0x0800, IPv4.packet(17, totalLength: 9999, [])))
        expect(.ipv4, Ethernet.frame(0x0800, IPv4.packet(17, totalLength: 0, .pattern(40))))
    }

    @Test("IPv6: the header has to fit and say 6")
    func ipv6() {
        let header = Array(IPv6.packet(next: 17, []).prefix(40))
        expect(.ipv6, Ethernet.frame(0x86dd, header))
        expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, header.dropLast()))
        expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, [0x45] + header.dropFirst()))
        expect(.icmp6, Ethernet.frame(0x86dd, IPv6.packet(next: 58, [])))
    }

    @Test("A chain of extension headers is followed to its end, eight headers far")
    func chains() {
        let all: [ExtensionHeader] = [.hopByHop, .routing, .authentication, .destination]
        expect(.icmp6, Ethernet.frame(0x86dd, IPv6.packet(all, next: 58, [])))
        expect(.ipv6, Ethernet.frame(0x86dd, IPv6.packet(all, next: 6, [])))
        expect(.ipv6, Ethernet.frame(0x86dd, IPv6.packet(all, next: 59, [])))
        expect(.ipv6, Ethernet.frame(0x86dd, IPv6.packet(all, next: 50, .pattern(4))))
        expect(.icmp6, Ethernet.frame(0x86dd, IPv6.packet(all + all, next: 58, [])))
        expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, IPv6.packet(all + all + [.hopByHop], next: 58, [])))
        let later = ExtensionHeader.fragment(offset: 1, more: false)
        expect(.icmp6, Ethernet.frame(0x86dd, IPv6.packet(all + all.dropLast() + [later], next: 58, [])))
        expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, IPv6.packet(all + all + [later], next: 58, [])))
    }

    @Test("An extension header that does not fit is malformed", arguments: [0, 43, 44, 51, 60])
    func cutChain(type: Int) {
        for length in 0..<8 {
            let cut = [UInt8](repeating: 0, count: length)
            expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, IPv6.packet(next: type, cut)))
            expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, IPv6.packet([.hopByHop], next: type, cut)))
        }
    }

    @Test("The chain ends at the header of a later fragment")
    func fragments() {
        let later = ExtensionHeader.fragment(offset: 1, more: true)
        expect(.icmp6, Ethernet.frame(0x86dd, IPv6.packet([later], next: 58, [])))
        expect(.ipv6, Ethernet.frame(0x86dd, IPv6.packet([later], next: 60, [])))
        expect(.ipv6, Ethernet.frame(0x86dd, IPv6.packet([later, .destination], next: 58, [])))
        let first = ExtensionHeader.fragment(offset: 0, more: true)
        expect(.icmp6, Ethernet.frame(0x86dd, IPv6.packet([first, .destination], next: 58, [])))
        expect(.ipv6, malformed: true, Ethernet.frame(0x86dd, IPv6.packet([first], next: 60, [])))
    }
}
