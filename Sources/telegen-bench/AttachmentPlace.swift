import CLibbpf
import Glibc

/// A way in which a program stands at the ingress of a device, one at a time.
protocol AttachmentPlace: AnyObject {
    func attach(_ program: BPFObject) throws(BenchFailure)
    /// Puts a program in the place of the one that is attached, in one step.
    func change(to program: BPFObject) throws(BenchFailure)
    func detach() throws(BenchFailure)
}

/// Linux 6.6.
final class TCX: AttachmentPlace {
    private let ifindex: Int32
    private var link: Int32 = -1

    init(ifindex: Int32) { self.ifindex = ifindex }

    func attach(_ program: BPFObject) throws(BenchFailure) {
        let type = bpf_attach_type(UInt32(CLIBBPF_TCX_INGRESS))
        link = try check(clibbpf_tcx_attach(program.program, ifindex, type), "attach a tcx link")
    }

    func change(to program: BPFObject) throws(BenchFailure) {
        try check(bpf_link_update(link, program.program, nil), "update a tcx link")
    }

    func detach() throws(BenchFailure) {
        defer { close(link) }
        try check(bpf_link_detach(link), "detach a tcx link")
    }
}

final class Clsact: AttachmentPlace {
    private let ifindex: Int32

    init(ifindex: Int32) throws(BenchFailure) {
        self.ifindex = ifindex
        try check(clibbpf_clsact_create(ifindex), "make a clsact qdisc")
    }

    func attach(_ program: BPFObject) throws(BenchFailure) { try put(program, replacing: false) }

    func change(to program: BPFObject) throws(BenchFailure) { try put(program, replacing: true) }

    func detach() throws(BenchFailure) {
        try check(clibbpf_filter_detach(ifindex, BPF_TC_INGRESS, 1, 1), "detach a filter")
    }

    private func put(_ program: BPFObject, replacing: Bool) throws(BenchFailure) {
        var identifier: UInt32 = 0
        try check(
            clibbpf_filter_attach(ifindex, BPF_TC_INGRESS, program.program, 1, 1, replacing ? 1 : 0, &identifier),
            "attach a filter")
    }
}
