import BPFPrograms
import CLibbpf
import CLinux
import Domain

/// Whether the kernel does what the agent is going to ask of it, found out so that nothing is left behind: no pin, and
/// nothing on a device of anybody's.
public enum Trial {
    /// Loads the default program and lets go of it.
    ///
    /// - Parameters:
    ///   - object: a compiled object instead of the embedded one (`TELEGEN_BPF_OBJECT`).
    ///   - btf: path of the kernel's BTF, for such an object (`TELEGEN_BTF`).
    public static func load(object: [UInt8]?, btf: String?) throws(KernelError) {
        clibbpf_capture_warnings()
        let object = try BPFObject(object ?? BPFImage.count.bytes, btf: btf)
        _ = try object.loadDefault(.ethernet)
    }

    /// Moves the calling thread into a network namespace of its own (wants CAP_SYS_ADMIN), which ends with the thread.
    public static func isolate() throws(KernelError) { try check(clinux_leave_network(), "make a network namespace") }

    /// Attaches a program that does nothing to the loopback device. To be called in a namespace of its own, where the
    /// qdisc may stay. May load the kernel's modules for clsact.
    public static func attach(_ type: AttachType) throws(KernelError) {
        clibbpf_capture_warnings()
        let program = FileDescriptor(owning: try check(clibbpf_empty_program(), "load an empty program"))
        switch type {
        case .tcx:
            let link = clibbpf_tcx_attach(program.raw, loopback, Direction.ingress.tcx)
            _ = FileDescriptor(owning: try check(link, "attach a tcx link"))
        case .clsact:
            try check(clibbpf_clsact_create(loopback), "make a clsact qdisc")
            var id: UInt32 = 0
            let filter = clibbpf_filter_attach(loopback, Direction.ingress.point, program.raw, 1, 1, 0, &id)
            try check(filter, "attach a clsact filter")
        }
    }

    /// Asks for the tcx chain of the loopback device, which kernels before 6.6 do not know of (EINVAL). Wants
    /// CAP_NET_ADMIN.
    public static func askForTCX() throws(KernelError) {
        var count: UInt32 = 0
        try check(bpf_prog_query(loopback, Direction.ingress.tcx, 0, nil, nil, &count), "ask for the tcx chain")
    }

    /// Its number in every network namespace (`LOOPBACK_IFINDEX`).
    private static let loopback: Int32 = 1
}
