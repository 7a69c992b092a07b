import Dataplane

extension Finding {
    static func kernel(_ release: String) -> Finding {
        let name = "kernel"
        guard let version = KernelVersion(release: release) else {
            return warn(
                name, "its release is \"\(release)\"", "make sure that it is Linux \(KernelVersion.least) or later")
        }
        guard version >= .least else {
            return fail(name, "Linux \(release)", "run Linux \(KernelVersion.least) or later (SONiC 202205)")
        }
        let way =
            version >= .hasTCX
            ? "has tcx" : "taps stand as clsact filters (tcx is there from Linux \(KernelVersion.hasTCX) on)"
        return ok(name, "Linux \(release): \(way)")
    }

    /// - Parameters:
    ///   - isThere: whether the kernel carries its own.
    ///   - object: `TELEGEN_BPF_OBJECT`.
    ///   - file: `TELEGEN_BTF`.
    static func btf(isThere: Bool, object: String?, file: String?) -> Finding {
        let found = "\(isThere ? "" : "no ")/sys/kernel/btf/vmlinux"
        guard object != nil else { return ok("BTF", "\(found): the embedded programs need none") }
        if let file { return ok("BTF", "\(file) instead of the kernel's own") }
        guard !isThere else { return ok("BTF", found) }
        return warn(
            "BTF", "\(found): an object with relocations does not load",
            "name a file with this kernel's BTF in TELEGEN_BTF (docs/kernels.md)")
    }

    /// - Parameters:
    ///   - object: `TELEGEN_BPF_OBJECT`.
    ///   - error: of loading its default program, or the embedded one.
    static func program(_ object: String?, _ error: KernelError?) -> Finding {
        let name = "BPF program"
        guard let error else { return ok(name, "the kernel takes the default one of \(object ?? "the agent")") }
        let other =
            object == nil
            ? "see the kernel's log (dmesg) and docs/kernels.md"
            : "name an object that is made of this version's bpf/count.bpf.c, or unset TELEGEN_BPF_OBJECT"
        return fail(name, error.summary, error.remedy ?? other)
    }

    /// - Parameter error: names the variable, the file and what would do.
    static func objectFile(_ error: AgentError) -> Finding {
        fail("BPF object", "\(error)", "correct the variable, or unset it: the embedded programs need neither")
    }

    /// - Parameter hasEnds: whether the agent's environment has an end point of a tunnel.
    static func gre(_ module: KernelModules.State, hasEnds: Bool) -> Finding {
        let name = "GRE"
        switch module {
        case .present: return ok(name, "ip_gre is there: jobs can send copies (mirror_mode erspan)")
        case .loadable: return ok(name, "ip_gre is not loaded yet; the kernel loads it with the first tunnel")
        case .absent where hasEnds:
            return warn(
                name, "no ip_gre: jobs count, and send no copies to TELEGEN_ERSPAN_REMOTE",
                "load it (modprobe ip_gre), or run a kernel that has it; or set TELEGEN_MIRROR_MODE=none")
        case .absent: return ok(name, "no ip_gre: only mirror_mode erspan needs it")
        }
    }
}
