import Dataplane

extension Finding {
    /// - Parameters:
    ///   - path: `TELEGEN_BPFFS`.
    ///   - mounting: why it cannot be mounted there.
    ///   - pinning: why nothing can be pinned there.
    static func bpffs(_ path: String, isMounted: Bool, mounting: KernelError?, pinning: KernelError?) -> Finding {
        let name = "bpffs"
        guard isMounted else {
            guard let mounting else { return ok(name, "not at \(path) yet: the agent mounts it when it starts") }
            return fail(name, "not there: \(mounting.summary)", "as root: mount -t bpf bpf \(path)")
        }
        guard let pinning else { return ok(name, "at \(path)") }
        return fail(name, pinning.summary, pinning.remedy ?? "let this user write there, or set TELEGEN_BPFFS")
    }

    /// - Parameter name: of a folder that would be in the place of a pin.
    static func reserved(namespaceID name: String) -> Finding {
        fail("NAMESPACE_ID", "\(name) is the name of a pin of the agent's", "choose another name")
    }
}
