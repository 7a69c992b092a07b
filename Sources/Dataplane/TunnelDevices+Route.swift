import CLinux
import Domain
import Glibc

extension TunnelDevices {
    /// The way that the kernel sends copies from one end to the other.
    public func route(_ ends: Tunnel.Ends) throws(KernelError) -> Route {
        let noWay = Route.none(reason: "there is no route to \(ends.remote): add one, or change erspan_remote")
        // To the kernel that is any address.
        guard ends.remote.bits != 0 else { return noWay }
        guard ends.local.bits != 0 else { return notOurs(ends.local) }
        guard let answer = try ask(to: ends.remote, from: ends.local) else {
            // The kernel has the same answer for a source that is not its own.
            guard try ask(to: ends.remote, from: nil) != nil else { return noWay }
            return notOurs(ends.local)
        }
        let attributes = answer.attributes(after: MemoryLayout<rtmsg>.size)
        guard let kind = answer.header(rtmsg.self)?.rtm_type,
            let out = attributes[UInt16(RTA_OIF.rawValue)]?.number(UInt32.self)
        else { return noWay }
        guard kind == RTN_UNICAST || kind == RTN_MULTICAST else {
            let what = kind == RTN_BROADCAST ? "a broadcast address" : "an address of this machine"
            return .none(reason: "erspan_remote \(ends.remote) is \(what): name the collector's")
        }
        let metrics = NetlinkMessage.attributes(attributes[UInt16(RTA_METRICS.rawValue)] ?? [])
        let pathMTU = metrics[UInt16(RTAX_MTU)]?.number(UInt32.self).map { Int($0) } ?? .max
        guard let mtu = try mtu(ofDevice: out) else { return noWay }
        return .out(ifindex: out, mtu: min(pathMTU, mtu))
    }

    private func notOurs(_ local: IPv4Address) -> Route {
        .none(reason: "erspan_local \(local) is no address of this machine: give it to a device, or change it")
    }

    /// Nil: there is no way.
    private func ask(to remote: IPv4Address, from local: IPv4Address?) throws(KernelError) -> NetlinkMessage? {
        var header = rtmsg()
        header.rtm_family = UInt8(AF_INET)
        header.rtm_dst_len = 32
        header.rtm_src_len = local == nil ? 0 : 32
        var request = NetlinkRequest(Int(RTM_GETROUTE), header)
        request.add(Int(RTA_DST.rawValue), remote.bits.bigEndian)
        if let local { request.add(Int(RTA_SRC.rawValue), local.bits.bigEndian) }
        do {
            return try netlink.perform(request, "find a route to \(remote)")
        } catch {
            guard [EINVAL, ENETUNREACH, EHOSTUNREACH, EACCES].contains(error.code) else { throw error }
            return nil
        }
    }

    /// Nil: the device is gone.
    private func mtu(ofDevice ifindex: UInt32) throws(KernelError) -> Int? {
        var header = ifinfomsg()
        header.ifi_index = Int32(ifindex)
        do {
            let answer = try netlink.perform(NetlinkRequest(Int(RTM_GETLINK), header), "look at device \(ifindex)")
            let mtu = answer?.attributes(after: MemoryLayout<ifinfomsg>.size)[UInt16(IFLA_MTU)]?.number(UInt32.self)
            return mtu.map { Int($0) }
        } catch {
            guard error.code == ENODEV else { throw error }
            return nil
        }
    }
}
