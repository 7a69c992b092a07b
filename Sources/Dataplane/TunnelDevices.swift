import CLinux
import Domain
import Glibc
import Logging

/// The devices of kind `erspan` in this network namespace: makes and removes those of the agent, looks at all.
///
/// Owns no thread: its one user calls it from one place. What is ours is told by the alias, so that a killed agent's
/// successor finds it, and by what it does; never by its name alone.
public final class TunnelDevices {
    let netlink: NetlinkSocket
    private let alias: String
    /// Of a device until it has our alias, which the kernel takes only when the device is there.
    private let makingName: NetdevName
    private let logger: Logger

    /// - Parameter namespaceID: the agent's instance, whose tunnels are its own.
    public init(namespaceID: String?, logger: Logger) throws(KernelError) {
        netlink = try NetlinkSocket()
        alias = namespaceID.map { "telegen-sonic \($0)" } ?? "telegen-sonic"
        makingName = .ofTunnelInTheMaking(alias)
        self.logger = logger
    }

    public func devices() throws(KernelError) -> [TunnelDevice] {
        try netlink.dump(Int(RTM_GETLINK), ifinfomsg()).compactMap { device($0) }
    }

    /// Performs one step of a plan.
    public func perform(_ action: TunnelAction) throws(KernelError) {
        switch action {
        case .make(let tunnel, let mtu, let old):
            if let old { try remove(old, why: "is not as it shall be") }
            try make(tunnel, mtu: mtu)
        case .mend(let device, _, let mtu):
            var request = NetlinkRequest(Int(RTM_NEWLINK), Self.header(device.ifindex, isUp: true))
            request.add(Int(IFLA_MTU), UInt32(mtu))
            try netlink.perform(request, "take \(device.name) up with an MTU of \(mtu)")
        case .remove(let device): try remove(device, why: "is wanted no more")
        }
    }

    /// Removes what is left of every tunnel of ours.
    public func removeAll() throws(KernelError) {
        var failures = Failures()
        for device in try devices() where device.isOurs {
            failures.note { () throws(KernelError) in try remove(device, why: "is wanted no more") }
        }
        try failures.throwFirst()
    }

    private func remove(_ device: TunnelDevice, why: String) throws(KernelError) {
        do {
            try netlink.perform(
                NetlinkRequest(Int(RTM_DELLINK), Self.header(device.ifindex)), "remove the tunnel \(device.name)")
        } catch {
            guard error.code == ENODEV else { throw error }
        }
        logger.notice("tunnel removed: it \(why)", metadata: ["tunnel": "\(device.name)"])
    }

    /// Whoever is killed on the way leaves a device that its successor knows: by the reserved name first, by the alias
    /// then. Nothing passes through it before it has everything.
    private func make(_ tunnel: Tunnel, mtu: Int) throws(KernelError) {
        if let left = try device(makingName) { try remove(left, why: "was left half made") }
        try create(tunnel, mtu: mtu)
        guard let made = try device(makingName) else {
            throw KernelError("make the tunnel \(tunnel.name)", code: ENODEV, detail: "it vanished at once")
        }
        do {
            try finish(made, tunnel)
        } catch {
            abandon(made)
            throw error
        }
        logger.notice("tunnel made", metadata: ["tunnel": "\(tunnel.name)", "from": "\(tunnel.ends)"])
    }

    private func abandon(_ device: TunnelDevice) {
        do {
            try netlink.perform(
                NetlinkRequest(Int(RTM_DELLINK), Self.header(device.ifindex)), "remove the tunnel \(device.name)")
        } catch {
            logger.warning("a tunnel is left half made", metadata: ["tunnel": "\(device.name)", "error": "\(error)"])
        }
    }

    /// Nil: there is none of that name, or it is of another kind.
    private func device(_ name: NetdevName) throws(KernelError) -> TunnelDevice? {
        var request = NetlinkRequest(Int(RTM_GETLINK), ifinfomsg())
        request.add(Int(IFLA_IFNAME), name.text)
        do {
            return try netlink.perform(request, "look at \(name)").flatMap { device($0) }
        } catch {
            guard error.code == ENODEV else { throw error }
            return nil
        }
    }

    private func device(_ message: NetlinkMessage) -> TunnelDevice? {
        TunnelDevice(message, alias: alias, makingName: makingName)
    }

    private func create(_ tunnel: Tunnel, mtu: Int) throws(KernelError) {
        var request = NetlinkRequest(
            Int(RTM_NEWLINK), flags: NLM_F_CREATE | NLM_F_EXCL, ifinfomsg())
        request.add(Int(IFLA_IFNAME), makingName.text)
        request.add(Int(IFLA_MTU), UInt32(mtu))
        request.nest(Int(IFLA_LINKINFO)) { info in
            info.add(Int(IFLA_INFO_KIND), TunnelDevice.kind)
            info.nest(Int(IFLA_INFO_DATA)) { $0.add(tunnel) }
        }
        do {
            try netlink.perform(request, "make the tunnel \(tunnel.name)")
        } catch {
            switch error.code {
            case EOPNOTSUPP:
                throw KernelError(
                    error.operation, code: error.code,
                    detail: "this kernel has no ERSPAN: load its module (modprobe ip_gre), or run where there is one")
            case EEXIST:
                guard let other = try devices().first(where: { $0.tunnel?.ends == tunnel.ends }) else { throw error }
                throw KernelError(
                    error.operation, code: error.code, detail: "\(other.name) is a tunnel from \(tunnel.ends) already")
            default: throw error
            }
        }
    }

    /// Gives a new device what the kernel does not take when it is made: our alias, its name, and no IPv6 address of its
    /// own, since router solicitations would go to the collector, as if the port had them.
    private func finish(_ made: TunnelDevice, _ tunnel: Tunnel) throws(KernelError) {
        let (name, ifindex) = (tunnel.name, made.ifindex)
        var does = made.tunnel
        does?.name = name
        does?.truncate = tunnel.truncate
        guard does == tunnel else {
            throw KernelError(
                "make the tunnel \(name)", code: EPROTO, detail: "the kernel made it otherwise than it was asked to")
        }
        var mark = NetlinkRequest(Int(RTM_NEWLINK), Self.header(ifindex))
        mark.add(Int(IFLA_IFALIAS), Array(alias.utf8))
        try netlink.perform(mark, "give \(name) its alias")
        var quiet = NetlinkRequest(Int(RTM_NEWLINK), Self.header(ifindex))
        quiet.nest(Int(IFLA_AF_SPEC)) { families in
            families.nest(Int(AF_INET6)) {
                $0.add(Int(IFLA_INET6_ADDR_GEN_MODE), UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue))
            }
        }
        do {
            try netlink.perform(quiet, "keep IPv6 from \(name)")
        } catch {
            // There is no IPv6 on it anyway.
            guard error.code == EAFNOSUPPORT else { throw error }
        }
        try takeName(name, ifindex)
        try netlink.perform(NetlinkRequest(Int(RTM_NEWLINK), Self.header(ifindex, isUp: true)), "take \(name) up")
    }

    private func takeName(_ name: NetdevName, _ ifindex: UInt32) throws(KernelError) {
        do {
            try rename(ifindex, to: name.text, "call a tunnel \(name)")
        } catch {
            guard error.code == EEXIST else { throw error }
            try clear(name)
            try rename(ifindex, to: name.text, "call a tunnel \(name)")
        }
    }

    private func rename(_ ifindex: UInt32, to name: String, _ operation: String) throws(KernelError) {
        var request = NetlinkRequest(Int(RTM_NEWLINK), Self.header(ifindex))
        request.add(Int(IFLA_IFNAME), name)
        try netlink.perform(request, operation)
    }

    /// What has the name that a tunnel shall have gives way, if it is ours or the kernel's own fallback device.
    private func clear(_ name: NetdevName) throws(KernelError) {
        let all = try devices()
        let holder = all.first { $0.name == name }
        if let holder, holder.isOurs { return try remove(holder, why: "gives its name to another") }
        guard let device = holder, device.isFallback else {
            throw KernelError(
                "make the tunnel \(name)", code: EEXIST,
                detail: "a device of others has that name: set another erspan_name, or remove it")
        }
        guard !device.isUp else {
            throw KernelError(
                "make the tunnel \(name)", code: EEXIST,
                detail:
                    "the kernel's own device \(name) is in use: take it down (ip link set \(name) down), or set another "
                    + "erspan_name")
        }
        let spare = ["erspan-kernel"] + (1...9).map { "erspan-kernel\($0)" }
        for text in spare where !all.contains(where: { $0.name.text == text }) {
            try rename(device.ifindex, to: text, "rename the kernel's own \(name)")
            return logger.notice("the kernel's own \(name), which is no tunnel, is called \(text) now")
        }
    }

    private static func header(_ ifindex: UInt32, isUp: Bool = false) -> ifinfomsg {
        var header = ifinfomsg()
        header.ifi_index = Int32(ifindex)
        if isUp { (header.ifi_flags, header.ifi_change) = (UInt32(IFF_UP.rawValue), UInt32(IFF_UP.rawValue)) }
        return header
    }
}

/// Attributes of <linux/if_tunnel.h>.
extension NetlinkRequest {
    fileprivate mutating func add(_ tunnel: Tunnel) {
        add(Int(IFLA_GRE_IKEY), UInt32(tunnel.ends.key).bigEndian)
        add(Int(IFLA_GRE_OKEY), UInt32(tunnel.ends.key).bigEndian)
        add(Int(IFLA_GRE_IFLAGS), TunnelDevice.flags.bigEndian)
        add(Int(IFLA_GRE_OFLAGS), TunnelDevice.flags.bigEndian)
        add(Int(IFLA_GRE_LOCAL), tunnel.ends.local.bits.bigEndian)
        add(Int(IFLA_GRE_REMOTE), tunnel.ends.remote.bits.bigEndian)
        add(Int(IFLA_GRE_TTL), tunnel.ttl)
        add(Int(IFLA_GRE_TOS), tunnel.tos.byte)
        add(Int(IFLA_GRE_PMTUDISC), UInt8(1))
        add(Int(IFLA_GRE_ERSPAN_VER), tunnel.version)
        switch tunnel.version {
        case 1: add(Int(IFLA_GRE_ERSPAN_INDEX), UInt32(0))
        default:
            add(Int(IFLA_GRE_ERSPAN_DIR), UInt8(tunnel.direction == .ingress ? 0 : 1))
            add(Int(IFLA_GRE_ERSPAN_HWID), UInt16(0))
        }
    }
}

extension TunnelDevice {
    static let kind = "erspan"
    /// GRE_KEY and GRE_SEQ.
    static let flags: UInt16 = 0x3000

    /// The device of an RTM_NEWLINK; nil for other messages and devices of other kinds.
    ///
    /// - Parameters:
    ///   - alias: of our devices.
    ///   - makingName: of one of ours that has no alias yet.
    init?(_ message: NetlinkMessage, alias: String, makingName: NetdevName) {
        guard Int(message.type) == Int(RTM_NEWLINK), let header = message.header(ifinfomsg.self), header.ifi_index > 0
        else { return nil }
        let attributes = message.attributes(after: MemoryLayout<ifinfomsg>.size)
        let info = NetlinkMessage.attributes(attributes[UInt16(IFLA_LINKINFO)] ?? [])
        guard info[UInt16(IFLA_INFO_KIND)]?.text == Self.kind,
            let name = attributes[UInt16(IFLA_IFNAME)].flatMap({ NetdevName($0.text) })
        else { return nil }
        let data = NetlinkMessage.attributes(info[UInt16(IFLA_INFO_DATA)] ?? [])
        self.init(
            name: name, ifindex: UInt32(header.ifi_index), tunnel: Tunnel(name, data),
            mtu: Int(attributes[UInt16(IFLA_MTU)]?.number(UInt32.self) ?? 0),
            isUp: header.ifi_flags & UInt32(IFF_UP.rawValue) != 0,
            isOurs: name == makingName || attributes[UInt16(IFLA_IFALIAS)]?.text == alias,
            isFallback: [IFLA_GRE_LOCAL, IFLA_GRE_REMOTE].allSatisfy {
                data[UInt16($0)]?.allSatisfy { $0 == 0 } ?? true
            }
                && data[UInt16(IFLA_GRE_COLLECT_METADATA)] == nil)
    }
}

extension NetdevName {
    /// Another one for every instance of the agent.
    static func ofTunnelInTheMaking(_ alias: String) -> NetdevName { NetdevName("tg-new-\(FNV1a.digits(alias))")! }
}

extension Tunnel {
    /// Nil: it is no tunnel of which a job can ask for the like.
    fileprivate init?(_ name: NetdevName, _ data: [UInt16: ArraySlice<UInt8>]) {
        func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Int, _: Number.Type) -> Number? {
            data[UInt16(type)]?.number(Number.self)
        }
        guard let local = number(Int(IFLA_GRE_LOCAL), UInt32.self)?.bigEndian, local != 0,
            let remote = number(Int(IFLA_GRE_REMOTE), UInt32.self)?.bigEndian, remote != 0,
            let key = number(Int(IFLA_GRE_OKEY), UInt32.self)?.bigEndian, key < 1024,
            number(Int(IFLA_GRE_IKEY), UInt32.self)?.bigEndian == key,
            number(Int(IFLA_GRE_OFLAGS), UInt16.self)?.bigEndian == TunnelDevice.flags,
            number(Int(IFLA_GRE_LINK), UInt32.self) ?? 0 == 0, data[UInt16(IFLA_GRE_COLLECT_METADATA)] == nil,
            let version = number(Int(IFLA_GRE_ERSPAN_VER), UInt8.self), version == 1 || version == 2,
            let ttl = number(Int(IFLA_GRE_TTL), UInt8.self), let tos = number(Int(IFLA_GRE_TOS), UInt8.self)
        else { return nil }
        self.init(
            name: name,
            ends: .init(local: IPv4Address(bits: local), remote: IPv4Address(bits: remote), key: UInt16(key)),
            ttl: ttl, tos: TypeOfService(byte: tos), version: version,
            direction: version == 2 && number(Int(IFLA_GRE_ERSPAN_DIR), UInt8.self) == 1 ? .egress : .ingress)
    }
}

extension TypeOfService {
    /// As the kernel has it: 1 for `inherit`.
    fileprivate var byte: UInt8 {
        switch self {
        case .inherit: 1
        case .value(let value): value
        }
    }

    fileprivate init(byte: UInt8) { self = byte & 1 == 1 ? .inherit : .value(byte) }
}
