import CLinux
import CTelegenBPF
import Domain
import TestSupport
import Testing

@testable import Dataplane

@Suite("Random and damaged bytes of the kernel")
struct FuzzTests {
    /// A device, a qdisc and a filter, as the kernel tells of them.
    private static let messages: [[UInt8]] = {
        func attribute(_ type: Int, _ value: [UInt8]) -> [UInt8] {
            let length = UInt16(4 + value.count)
            let head = withUnsafeBytes(of: (length, UInt16(type))) { Array($0) }
            return head + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        }
        func message<Header: BitwiseCopyable>(_ type: Int, _ header: Header, _ rest: [UInt8]) -> [UInt8] {
            var bytes = NetlinkRequest(type, flags: 2, header).bytes(sequence: 1) + rest
            withUnsafeBytes(of: UInt32(bytes.count)) { bytes.replaceSubrange(0..<4, with: $0) }
            return bytes
        }
        var device = ifinfomsg()
        (device.ifi_index, device.ifi_type) = (7, 1)
        var place = tcmsg()
        (place.tcm_ifindex, place.tcm_parent, place.tcm_handle, place.tcm_info) = (7, 0xffff_fff1, 1, 0x0001_0300)
        let options =
            attribute(Int(TCA_BPF_NAME), Array("telegen_l2\0".utf8)) + attribute(Int(TCA_BPF_ID), [9, 0, 0, 0])
        return [
            message(
                Int(RTM_NEWLINK), device,
                attribute(Int(IFLA_IFNAME), Array("Ethernet0\0".utf8)) + attribute(Int(IFLA_MASTER), [3, 0, 0, 0])),
            message(Int(RTM_NEWQDISC), place, attribute(Int(TCA_KIND), Array("clsact\0".utf8))),
            message(
                Int(RTM_NEWTFILTER), place,
                attribute(Int(TCA_KIND), Array("bpf\0".utf8)) + attribute(Int(TCA_OPTIONS), options)),
        ]
    }()

    @Test("whole messages are understood")
    func whole() {
        let found = Self.messages.flatMap { $0.withUnsafeBytes(NetlinkMessage.parse) }
        #expect(found.compactMap(Port.init).map(\.name.text) == ["Ethernet0"])
        #expect(found.compactMap(QdiscInfo.init).map(\.kind) == ["clsact"])
        #expect(found.compactMap(FilterInfo.init).map(\.programID) == [9])
    }

    @Test("numbers that no kernel tells are no trap: a negative device, the smallest error")
    func extremes() {
        var place = tcmsg()
        (place.tcm_ifindex, place.tcm_parent) = (-1, 0xffff_fff1)
        let kind: [UInt8] = [11, 0, UInt8(TCA_KIND), 0] + Array("clsact\0\0".utf8)
        let qdisc = NetlinkMessage(
            type: UInt16(RTM_NEWQDISC), payload: withUnsafeBytes(of: place) { Array($0) } + kind)
        #expect(QdiscInfo(qdisc)?.ifindex == .max)
        for type in [NLMSG_ERROR, NLMSG_DONE] {
            let message = NetlinkMessage(type: UInt16(type), payload: withUnsafeBytes(of: Int32.min) { Array($0) })
            #expect(message.failure == .min)
        }
    }

    @Test("damaged messages of rtnetlink are understood or left out", arguments: [1, 2, 3, 4] as [UInt64])
    func netlink(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (understood, failures) = (0, 0)
        for _ in 0..<fuzzCases / 4 {
            var bytes = Self.messages.randomElement(using: &random)!.mutated(using: &random)
            if Bool.random(using: &random) { bytes += Self.messages.randomElement(using: &random)! }
            for message in bytes.withUnsafeBytes(NetlinkMessage.parse) {
                if Port(message) != nil || QdiscInfo(message) != nil || FilterInfo(message) != nil { understood += 1 }
                if message.failure != nil { failures += 1 }
            }
        }
        #expect(understood > fuzzCases / 100)
        #expect(failures < fuzzCases)
    }

    @Test("any bytes in the owners' table are a tap, a free slot or nobody's", arguments: [1, 2, 3, 4] as [UInt64])
    func records(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var record = TapRecord.free
        (record.tap, record.attachType) = (.a, .clsact)
        record.port = .init(name: Port.ethernet0.name, ifindex: 7)
        record.filter = FilterID(handle: 1, priority: 1)
        let whole = withUnsafeBytes(of: record.raw) { Array($0) }
        var taps = 0
        for _ in 0..<fuzzCases / 4 {
            let bytes = whole.mutated(using: &random)
            var raw = telegen_tap()
            withUnsafeMutableBytes(of: &raw) { $0.copyBytes(from: bytes.prefix($0.count)) }
            guard let read = TapRecord(raw), read.tap != nil else { continue }
            taps += 1
            // What is believed is written again as it was read.
            guard TapRecord(read.raw) == read else { return #expect(TapRecord(read.raw) == read) }
        }
        #expect(taps > 0)
    }
}
