import Dataplane
import Glibc

/// Whether the kernel takes the programs that these options name. All of it blocks, and the calling thread is left with the
/// agent's rights alone.
struct ProgramLook {
    let options: AgentOptions

    /// Files that cannot be used end the agent at its start, whatever its mode.
    func findings() -> [Finding] {
        Privileges.keepOnly(options)
        let isThere = access("/sys/kernel/btf/vmlinux", R_OK) == 0
        var findings: [Finding] = []
        var object: [UInt8]?
        do throws(AgentError) {
            if let file = options.btf { try ObjectFiles.checkBTF(file) }
            findings.append(.btf(isThere: isThere, object: options.bpfObject, file: options.btf))
            if let file = options.bpfObject { object = try ObjectFiles.object(file) }
        } catch {
            return findings + [.objectFile(error)]
        }
        var refusal: KernelError?
        do { try Trial.load(object: object, btf: options.btf) } catch { refusal = error }
        return findings + [.program(options.bpfObject, refusal).softened(options.mirror.mode)]
    }
}
