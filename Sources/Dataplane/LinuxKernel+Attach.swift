import CLibbpf
import Domain
import Glibc

extension LinuxKernel {
    public func attachLink(
        _ program: Program, to ifindex: UInt32, _ direction: Direction, pin: String
    ) throws(KernelError) {
        let link = clibbpf_tcx_attach(program.program.raw, Int32(ifindex), direction.tcx)
        let owned = HeldLink(FileDescriptor(owning: try check(link, "attach a tcx link to device \(ifindex)")))
        _ = try owned.restorePin(at: pins.linkPin(pin), shownAs: pins.shown("links/\(pin)"))
        links[pin] = owned
    }

    public func updateLink(pin: String, to program: Program) throws(KernelError) {
        guard let link = try hold(pin) else { throw KernelError("open link \(pin)", code: ENOENT) }
        try check(bpf_link_update(link.raw, program.program.raw, nil), "update link \(pin)")
    }

    public func link(pin: String) throws(KernelError) -> LinkInfo? {
        guard let link = try hold(pin) else { return nil }
        var (ifindex, program): (UInt32, UInt32) = (0, 0)
        try check(clibbpf_tcx_info(link.raw, &ifindex, &program), "look at link \(pin)")
        return LinkInfo(ifindex: ifindex, programID: program)
    }

    public func chain(ifindex: UInt32, _ direction: Direction) -> [UInt32]? {
        var ids = [UInt32](repeating: 0, count: 64)
        var count = UInt32(ids.count)
        guard bpf_prog_query(Int32(ifindex), direction.tcx, 0, nil, &ids, &count) == 0 else { return nil }
        return Array(ids.prefix(Int(count)))
    }

    /// Detaching first makes the end immediate: the last reference may be let go of later, from a work queue.
    public func removeLink(pin: String) throws(KernelError) {
        guard let link = try hold(pin) else { return }
        let status = bpf_link_detach(link.raw)
        // What is no link, or none that can be detached, is not ours, and its pin is all that stands here.
        if ![-ENOLINK, -EINVAL, -EOPNOTSUPP].contains(status) { try check(status, "detach link \(pin)") }
        guard unlink(pins.linkPin(pin)) == 0 || errno == ENOENT else { throw KernelError("remove pin \(pin)") }
        links[pin] = nil
    }

    public func linkPins() throws(KernelError) -> [String] { try pins.names(in: pins.links) }

    public func addQdisc(ifindex: UInt32) throws(KernelError) -> Bool {
        try check(clibbpf_clsact_create(Int32(ifindex)), "make the clsact qdisc of device \(ifindex)") == 1
    }

    public func removeQdisc(ifindex: UInt32) throws(KernelError) {
        try check(clibbpf_clsact_destroy(Int32(ifindex)), "remove the clsact qdisc of device \(ifindex)")
    }

    public func attachFilter(
        _ program: Program, to ifindex: UInt32, _ direction: Direction, _ filter: FilterID, replacing: Bool
    ) throws(KernelError) {
        var id: UInt32 = 0
        let status = clibbpf_filter_attach(
            Int32(ifindex), direction.point, program.program.raw, filter.handle, filter.priority, replacing ? 1 : 0, &id
        )
        try check(status, "attach a filter to device \(ifindex)")
    }

    public func removeFilter(ifindex: UInt32, _ direction: Direction, _ filter: FilterID) throws(KernelError) {
        let status = clibbpf_filter_detach(Int32(ifindex), direction.point, filter.handle, filter.priority)
        if status != -ENOENT { try check(status, "remove a filter from device \(ifindex)") }
    }

    /// The link, which stands from now on as long as this process, even if somebody removes its pin.
    private func hold(_ pin: String) throws(KernelError) -> HeldLink? {
        if let link = links[pin] { return link }
        let descriptor = bpf_obj_get(pins.linkPin(pin))
        if descriptor >= 0 {
            let link = HeldLink(FileDescriptor(owning: descriptor), Pin(at: pins.linkPin(pin)))
            links[pin] = link
            return link
        }
        guard errno == ENOENT else { throw KernelError("open link \(pin)") }
        return nil
    }
}

/// A link that is pinned, or was.
final class HeldLink {
    private let descriptor: FileDescriptor
    private var pin: Pin
    var raw: Int32 { descriptor.raw }

    init(_ descriptor: consuming FileDescriptor, _ pin: Pin = Pin()) {
        self.descriptor = descriptor
        self.pin = pin
    }

    /// False when the pin is there.
    func restorePin(at path: String, shownAs shown: String) throws(KernelError) -> Bool {
        guard !pin.stands(at: path) else { return false }
        try pin.put(raw, at: path, "pin the link \(shown)")
        return true
    }
}

extension Direction {
    var tcx: bpf_attach_type {
        bpf_attach_type(rawValue: UInt32(self == .ingress ? CLIBBPF_TCX_INGRESS : CLIBBPF_TCX_EGRESS))
    }

    var point: bpf_tc_attach_point { self == .ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS }
}
