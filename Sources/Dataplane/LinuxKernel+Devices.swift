import CLinux
import Domain
import Glibc

extension LinuxKernel {
    public func ports() throws(KernelError) -> [Port] { try netlink.ports() }

    public func speed(of port: Port) -> UInt64? {
        let speed = clinux_speed(netlink.descriptor.raw, port.name.text)
        return speed > 0 ? UInt64(speed) * 1_000_000 : nil
    }

    public func qdisc(ifindex: UInt32) throws(KernelError) -> String? {
        try netlink.qdisc(ifindex)
    }

    public func filters(ifindex: UInt32, _ direction: Direction) throws(KernelError) -> [FilterInfo] {
        try netlink.filters(ifindex, direction)
    }
}

extension NetlinkSocket {
    func ports() throws(KernelError) -> [Port] { try dump(Int(RTM_GETLINK), ifinfomsg()).compactMap(Port.init) }

    func qdisc(_ ifindex: UInt32) throws(KernelError) -> String? {
        try dump(Int(RTM_GETQDISC), tcmsg()).compactMap(QdiscInfo.init).first { $0.ifindex == ifindex }?.kind
    }

    func filters(_ ifindex: UInt32, _ direction: Direction) throws(KernelError) -> [FilterInfo] {
        let found = try dumpFilters(ifindex, direction)
        // The `ingress` qdisc has one block only, and shows it to who asks for egress too.
        guard direction == .egress, !found.isEmpty, try dumpFilters(ifindex, .ingress) == found,
            try qdisc(ifindex) == "ingress"
        else { return found }
        return []
    }

    private func dumpFilters(_ ifindex: UInt32, _ direction: Direction) throws(KernelError) -> [FilterInfo] {
        var request = tcmsg()
        request.tcm_ifindex = Int32(ifindex)
        request.tcm_parent = direction == .ingress ? 0xffff_fff2 : 0xffff_fff3  // TC_H_CLSACT, TC_H_MIN_INGRESS/EGRESS
        do {
            return try dump(Int(RTM_GETTFILTER), request).compactMap(FilterInfo.init)
        } catch {
            // No such device, or no clsact qdisc: no filters.
            guard error.code == ENODEV || error.code == EINVAL || error.code == ENOENT else { throw error }
            return []
        }
    }
}

extension Port {
    /// The device of an RTM_NEWLINK; nil for other messages and for names that no job can have.
    init?(_ message: NetlinkMessage) {
        guard Int(message.type) == Int(RTM_NEWLINK), let info = message.header(ifinfomsg.self), info.ifi_index > 0
        else { return nil }
        let attributes = message.attributes(after: MemoryLayout<ifinfomsg>.size)
        guard let bytes = attributes[UInt16(IFLA_IFNAME)],
            let name = NetdevName(bytes.text)
        else { return nil }
        func number(_ type: Int) -> UInt32? { attributes[UInt16(type)]?.number(UInt32.self) }
        let kind = NetlinkMessage.attributes(attributes[UInt16(IFLA_LINKINFO)] ?? [])[UInt16(IFLA_INFO_KIND)]?.text
        // Of a veth the link is its peer; of a device in another namespace the number means nothing here.
        let isElsewhere = kind == "veth" || attributes[UInt16(IFLA_LINK_NETNSID)] != nil
        let lower = isElsewhere ? nil : number(Int(IFLA_LINK)).flatMap { $0 == 0 ? nil : $0 }
        self.init(
            name: name, ifindex: UInt32(info.ifi_index), layer: Layer(deviceType: Int32(info.ifi_type)),
            Surroundings(
                master: number(Int(IFLA_MASTER)), lower: lower, mtu: number(Int(IFLA_MTU)).map { Int($0) },
                isBridge: kind == "bridge"))
    }
}

extension ArraySlice<UInt8> {
    /// Of an attribute that is a number, in the machine's order; nil: it is not as long.
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) -> Number? {
        count == MemoryLayout<Number>.size ? withUnsafeBytes { $0.loadUnaligned(as: Number.self) } : nil
    }

    /// Of one that is text, up to its zero.
    var text: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}

extension Port.Layer {
    /// By the device's ARPHRD type (<linux/if_arp.h>).
    init(deviceType: Int32) {
        switch deviceType {
        case ARPHRD_NONE, ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_IP6GRE, ARPHRD_RAWIP,
            ARPHRD_PPP:
            self = .network
        default: self = .ethernet
        }
    }
}

/// The qdisc of a device at handle ffff:, which sees packets before and behind all others.
struct QdiscInfo: Hashable {
    let ifindex: UInt32
    let kind: String

    /// Nil for another message, and for a qdisc at another place.
    init?(_ message: NetlinkMessage) {
        guard Int(message.type) == Int(RTM_NEWQDISC), let info = message.header(tcmsg.self),
            info.tcm_parent == 0xffff_fff1,  // TC_H_INGRESS, which TC_H_CLSACT equals
            let kind = message.attributes(after: MemoryLayout<tcmsg>.size)[UInt16(TCA_KIND)]
        else { return nil }
        ifindex = UInt32(bitPattern: info.tcm_ifindex)
        self.kind = String(decoding: kind.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension FilterInfo {
    /// The filter of an RTM_NEWTFILTER; nil for a message that names only a chain or priority without a filter.
    init?(_ message: NetlinkMessage) {
        guard Int(message.type) == Int(RTM_NEWTFILTER), let info = message.header(tcmsg.self), info.tcm_handle != 0
        else { return nil }
        let attributes = message.attributes(after: MemoryLayout<tcmsg>.size)
        let kind = attributes[UInt16(TCA_KIND)].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let options = attributes[UInt16(TCA_OPTIONS)].map(NetlinkMessage.attributes) ?? [:]
        let name = options[UInt16(TCA_BPF_NAME)].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let isBPF = kind == "bpf"
        id = FilterID(handle: info.tcm_handle, priority: info.tcm_info >> 16)
        programID = isBPF ? options[UInt16(TCA_BPF_ID)]?.number(UInt32.self) ?? 0 : 0
        isOurs = isBPF && name?.hasPrefix("telegen_") == true
        sharesPriority = isBPF && info.tcm_info & 0xffff == UInt32(UInt16(ETH_P_ALL).bigEndian)
    }
}
