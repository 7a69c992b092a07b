import Testing

@testable import Traffic

@Suite("What headers say, rule by rule")
struct ExpectedHeadersTests {
    private func headers4(
        _ proto: Int, typeOfService: Int = 0, options: [UInt8] = [], fragment: Int = 0, _ payload: [UInt8]
    ) -> ExpectedHeaders {
        let packet = IPv4.packet(
            proto, typeOfService: typeOfService, options: options, fragment: fragment, payload)
        return ExpectedHeaders(of: Ethernet.frame(EtherType.ipv4, packet))
    }

    private func headers6(_ chain: [ExtensionHeader] = [], _ next: Int, _ payload: [UInt8] = []) -> ExpectedHeaders {
        ExpectedHeaders(of: Ethernet.frame(EtherType.ipv6, IPv6.packet(chain, next: next, payload)))
    }

    @Test("The VLAN is the outermost tag's, however many there are and whatever is behind")
    func vlan() {
        let tags: [VLANTag] = [.service(0xf064), .customer(7), .customer(8), .customer(9)]
        #expect(ExpectedHeaders(of: Ethernet.frame(0x0806, [])).vlan == nil)
        for count in 1...4 {
            for payload in [[], [UInt8].pattern(60)] {
                #expect(
                    ExpectedHeaders(of: Ethernet.frame(0x0800, tags: Array(tags.prefix(count)), payload)).vlan == 100)
            }
        }
        #expect(ExpectedHeaders(of: Ethernet.frame(0x0800, tags: [.customer(0xe000)], [])).vlan == 0)
    }

    @Test("A tag that is cut has an id when its two bytes are there", arguments: 0...3)
    func cutTag(length: Int) {
        let headers = ExpectedHeaders(of: Ethernet.frame(0x8100, Array([0xff, 0x0a, 8].prefix(length))))
        #expect(headers.isMalformed && headers.vlan == (length < 2 ? nil : 0xf0a))
    }

    @Test("Only well-formed IP has fields of IP")
    func wellFormed() {
        for frame in Corpus.frames {
            let headers = frame.headers
            #expect((headers.ip != nil) == (headers.packetClass != .other && !headers.isMalformed), "\(frame.name)")
        }
    }

    @Test("IPv4: addresses, type of service, and ports behind options")
    func ipv4() throws {
        let ip = try #require(headers4(6, typeOfService: 0xb9, options: [1, 1, 1, 0], Transport.tcp(.v4, [])).ip)
        #expect(ip.version == 4 && ip.source == [192, 0, 2, 1] && ip.destination == [198, 51, 100, 1])
        #expect(ip.typeOfService == 0xb9 && ip.dscp == 46 && ip.proto == 6 && !ip.isFragment)
        #expect(ip.ports == ExpectedIP.Ports(source: 49152, destination: 443))
    }

    @Test("IPv6: addresses, traffic class, and ports behind extension headers")
    func ipv6() throws {
        let packet = IPv6.packet([.hopByHop, .routing], next: 17, trafficClass: 0xb9, Transport.udp(.v6, []))
        let ip = try #require(ExpectedHeaders(of: Ethernet.frame(0x86dd, packet)).ip)
        #expect(ip.version == 6 && ip.source.last == 1 && ip.destination.last == 2 && ip.source.count == 16)
        #expect(ip.typeOfService == 0xb9 && ip.proto == 17 && !ip.isFragment)
        #expect(ip.ports == ExpectedIP.Ports(source: 49153, destination: 4789))
    }

    @Test("Ports are of five protocols, and all four bytes have to be there")
    func ports() {
        for proto in 0...255 {
            let hasPorts = [6, 17, 33, 132, 136].contains(proto)
            #expect((headers4(proto, [0, 1, 0, 2]).ip?.ports != nil) == hasPorts, "\(proto)")
            #expect(headers4(proto, [0, 1, 0]).ip?.ports == nil)
        }
        #expect(headers6([], 17, [0, 1, 0, 2]).ip?.ports == ExpectedIP.Ports(source: 1, destination: 2))
    }

    @Test(
        "An IPv4 fragment has the bit or an offset; a later one no transport header",
        arguments: [0, 0x2000, 0x8000, 0x4000])
    func fragments4(flags: Int) {
        for offset in [0, 1, 0x1fff] {
            let ip = headers4(6, fragment: flags | offset, Transport.tcp(.v4, flags: .reset, [])).ip
            #expect(ip?.isFragment == (flags == 0x2000 || offset > 0))
            #expect(ip?.isLaterFragment == (offset > 0))
            #expect(ip?.ports == nil && ip?.tcpFlags == nil || offset == 0 && ip?.tcpFlags == 4)
        }
    }

    @Test("An IPv6 fragment has the header, even alone; a later one says what is next, but no further header")
    func fragments6() {
        let atomic = headers6([.fragment(offset: 0, more: false)], 17, Transport.udp(.v6, [])).ip
        #expect(atomic?.isFragment == true && atomic?.ports != nil && atomic?.proto == 17)
        let later = ExtensionHeader.fragment(offset: 1, more: false)
        for (next, proto) in [(17, 17), (58, 58), (59, 59), (60, 59), (44, 59), (0, 59), (50, 50)] {
            let ip = headers6([.hopByHop, later], next, .pattern(30)).ip
            #expect(ip?.isLaterFragment == true && ip?.proto == proto && ip?.ports == nil, "\(next)")
        }
    }

    @Test("TCP's flags are its fourteenth byte, if that is there", arguments: 0...7)
    func flags(cell: Int) {
        let segment = Transport.tcp(.v4, flags: [TCPFlags(rawValue: cell), .push, .acknowledge], [])
        #expect(headers4(6, segment).ip?.tcpFlags == cell)
        #expect(headers4(6, Array(segment.prefix(14))).ip?.tcpFlags == cell)
        #expect(headers4(6, Array(segment.prefix(13))).ip?.tcpFlags == nil)
        #expect(headers4(17, segment).ip?.tcpFlags == nil)
    }

    @Test("RoCEv2 is UDP to 4791; its notifications begin with 0x81")
    func remoteMemory() {
        let notification = Transport.udp(.v4, to: 4791, [0x81])
        #expect(headers4(17, notification).ip?.isCongestionNotification == true)
        #expect(headers4(17, fragment: 1, notification).ip?.isRoCEv2 == false)
        #expect(headers4(136, notification).ip?.isRoCEv2 == false)
        let cut = headers4(17, Array(notification.prefix(4))).ip
        #expect(cut?.isRoCEv2 == true && cut?.isCongestionNotification == false)
        let elsewhere = headers4(17, Transport.udp(.v4, from: 4791, to: 1, [0x81])).ip
        #expect(elsewhere?.isRoCEv2 == false && elsewhere?.isCongestionNotification == false)
    }

    @Test("A packet without an Ethernet header is what its device's driver says")
    func packets() {
        let packet = IPv4.packet(17, Transport.udp(.v4, []))
        #expect(ExpectedHeaders(packet: packet, type: 0x0800).ip?.ports != nil)
        #expect(ExpectedHeaders(packet: packet, type: 0x86dd).isMalformed)
        let tagged = ExpectedHeaders(packet: packet, type: 0x8100)
        #expect(tagged.packetClass == .other && !tagged.isMalformed && tagged.vlan == nil)
    }
}
