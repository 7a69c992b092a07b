import CLinux
import Domain
import Testing

@testable import Dataplane

@Suite("Netlink messages")
struct NetlinkTests {
    @Test("a request is header and payload to the byte")
    func request() {
        let bytes = NetlinkRequest(18, flags: 0x301, UInt32(0xaabb_ccdd)).bytes(sequence: 5)
        #expect(bytes == [20, 0, 0, 0, 18, 0, 1, 3, 5, 0, 0, 0, 0, 0, 0, 0, 0xdd, 0xcc, 0xbb, 0xaa])
    }

    @Test("messages of one datagram are told apart; a cut one is left out")
    func parse() {
        let one = NetlinkRequest(16, flags: 0, UInt32(1)).bytes(sequence: 1)
        let two = NetlinkRequest(17, flags: 0, UInt32(2)).bytes(sequence: 1)
        let messages = (one + two + two.dropLast()).withUnsafeBytes(NetlinkMessage.parse)
        #expect(messages.map(\.type) == [16, 17])
        #expect(messages.map(\.sequence) == [1, 1])
        #expect(messages.map { $0.header(UInt32.self) } == [1, 2])
    }

    @Test("a length that lies never leads outside the bytes", arguments: [0, 3, 15, 21, 1 << 30])
    func lyingLength(length: UInt32) {
        var bytes = NetlinkRequest(16, flags: 0, UInt32(1)).bytes(sequence: 1)
        withUnsafeBytes(of: length) { bytes.replaceSubrange(0..<4, with: $0) }
        #expect(bytes.withUnsafeBytes(NetlinkMessage.parse).isEmpty)
    }

    @Test("attributes are padded to four bytes, nested flags masked, cut ones left out")
    func attributes() {
        let bytes: [UInt8] = [5, 0, 3, 0, 65, 0, 0, 0, 8, 0, 2, 0x80, 1, 2, 3, 4, 9, 0, 4, 0, 1]
        let found = NetlinkMessage.attributes(bytes[...])
        #expect(found[3].map(Array.init) == [65])
        #expect(found[2].map(Array.init) == [1, 2, 3, 4])
        #expect(found[4] == nil)
    }

    @Test("a link message is a port; its layer follows the device type")
    func port() {
        #expect(Port(link("Ethernet0", index: 7, type: 1)) == .ethernet0)
        #expect(Port(link("tun0", index: 9, type: 0xfffe))?.layer == .network)
        #expect(Port(link("gre0", index: 9, type: 778))?.layer == .network)
        #expect(Port(link("lo", index: 1, type: 772))?.layer == .ethernet)
    }

    @Test("what is no link, or has a name that no job can have, is no port")
    func noPort() {
        #expect(Port(link("bad name", index: 7, type: 1)) == nil)
        #expect(Port(link("x", index: 0, type: 1)) == nil)
        #expect(Port(NetlinkMessage(type: UInt16(RTM_DELLINK), payload: link("x", index: 1, type: 1).payload)) == nil)
        #expect(Port(NetlinkMessage(type: UInt16(RTM_NEWLINK), payload: [1, 2, 3])) == nil)
    }

    @Test("a filter is ours by kind and name, and shares a priority by kind and protocol")
    func filter() {
        let ours = FilterInfo(filter(kind: "bpf", name: "telegen_l2:[5]", protocol: 3))
        #expect(ours?.id == FilterID(handle: 4, priority: 2))
        #expect(ours?.isOurs == true && ours?.sharesPriority == true)
        let theirs = FilterInfo(filter(kind: "bpf", name: "cil_from_netdev", protocol: 8))
        #expect(theirs?.isOurs == false && theirs?.sharesPriority == false)
        #expect(FilterInfo(filter(kind: "u32", name: "telegen_l2", protocol: 3))?.isOurs == false)
        #expect(FilterInfo(filter(kind: "bpf", name: "x", protocol: 3, handle: 0)) == nil)
    }

    @Test("the end of a dump carries the error that ended it; a length or zero is none")
    func failure() {
        func message(_ type: Int32, _ status: Int32) -> NetlinkMessage {
            NetlinkMessage(type: UInt16(type), payload: withUnsafeBytes(of: status) { Array($0) })
        }
        #expect(message(NLMSG_DONE, -12).failure == 12)
        #expect(message(NLMSG_DONE, 0).failure == nil)
        #expect(message(NLMSG_DONE, 20).failure == nil)
        #expect(NetlinkMessage(type: UInt16(NLMSG_DONE), payload: []).failure == nil)
        #expect(message(NLMSG_ERROR, -19).failure == 19)
        #expect(NetlinkMessage(type: UInt16(NLMSG_ERROR), payload: []).failure != nil)
        #expect(link("Ethernet0", index: 7, type: 1).failure == nil)
    }

    @Test("of a device's qdiscs only the one of ingress and clsact is looked at")
    func qdisc() {
        #expect(QdiscInfo(qdisc("ingress", parent: 0xffff_fff1))?.kind == "ingress")
        #expect(QdiscInfo(qdisc("clsact", parent: 0xffff_fff1))?.ifindex == 7)
        #expect(QdiscInfo(qdisc("fq_codel", parent: 0xffff_ffff)) == nil)
        #expect(QdiscInfo(link("Ethernet0", index: 7, type: 1)) == nil)
        #expect(QdiscInfo(NetlinkMessage(type: UInt16(RTM_NEWQDISC), payload: [1])) == nil)
    }

    private func qdisc(_ kind: String, parent: UInt32) -> NetlinkMessage {
        var info = tcmsg()
        info.tcm_ifindex = 7
        info.tcm_parent = parent
        let payload = withUnsafeBytes(of: info) { Array($0) } + attribute(Int(TCA_KIND), Array(kind.utf8) + [0])
        return NetlinkMessage(type: UInt16(RTM_NEWQDISC), payload: payload)
    }

    private func attribute(_ type: Int, _ value: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        return [UInt8(4 + value.count), 0, UInt8(type), 0] + value + padding
    }

    private func link(_ name: String, index: Int32, type: UInt16) -> NetlinkMessage {
        var info = ifinfomsg()
        info.ifi_index = index
        info.ifi_type = type
        let payload = withUnsafeBytes(of: info) { Array($0) } + attribute(Int(IFLA_IFNAME), Array(name.utf8) + [0])
        return NetlinkMessage(type: UInt16(RTM_NEWLINK), payload: payload)
    }

    private func filter(kind: String, name: String, protocol: UInt16, handle: UInt32 = 4) -> NetlinkMessage {
        var info = tcmsg()
        info.tcm_handle = handle
        info.tcm_info = 2 << 16 | UInt32(`protocol`.bigEndian)
        let options = attribute(Int(TCA_BPF_NAME), Array(name.utf8) + [0])
        let payload =
            withUnsafeBytes(of: info) { Array($0) } + attribute(Int(TCA_KIND), Array(kind.utf8) + [0])
            + attribute(Int(TCA_OPTIONS), options)
        return NetlinkMessage(type: UInt16(RTM_NEWTFILTER), payload: payload)
    }
}
