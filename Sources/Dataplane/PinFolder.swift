import CLinux
import Domain
import Glibc

/// The folder in bpffs where an agent's maps and links outlive it; held by one agent at a time.
///
/// `<bpffs>/telegen-sonic`, or `<bpffs>/telegen-sonic/<NAMESPACE_ID>` for an ASIC instance.
public final class PinFolder: Sendable {
    public let path: String
    /// Where the links are pinned.
    var links: String { path + "/links" }
    private let lock: FileDescriptor

    /// Mounts bpffs if nothing is there, makes the folder and locks it.
    public init(bpffs: String, namespaceID: String?) throws(KernelError) {
        if let namespaceID, JobName(namespaceID) == nil {
            throw KernelError("make a pin folder for NAMESPACE_ID \"\(namespaceID)\"", code: EINVAL)
        }
        try Self.mountIfNeeded(bpffs)
        let root = bpffs + "/telegen-sonic"
        path = namespaceID.map { "\(root)/\($0)" } ?? root
        for folder in [root, path, path + "/links"] {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw KernelError("make \(folder)") }
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KernelError("open \(path)") }
        lock = FileDescriptor(owning: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw KernelError(
                "lock \(path)", detail: "another telegen-sonic runs here: stop it, or give this one a NAMESPACE_ID")
        }
    }

    func pin(_ name: String) -> String { "\(path)/\(name)" }
    func linkPin(_ name: String) -> String { "\(links)/\(name)" }

    private static func mountIfNeeded(_ bpffs: String) throws(KernelError) {
        if isBPFFS(bpffs) { return }
        guard mkdir(bpffs, 0o700) == 0 || errno == EEXIST else {
            throw KernelError("make \(bpffs)", detail: remedy(bpffs))
        }
        guard mount("bpf", bpffs, "bpf", 0, "mode=0700") == 0 else {
            throw KernelError("mount bpffs on \(bpffs)", detail: remedy(bpffs))
        }
    }

    private static func remedy(_ bpffs: String) -> String { "as root: mount -t bpf bpf \(bpffs)" }

    private static func isBPFFS(_ path: String) -> Bool {
        var info = statfs()
        return statfs(path, &info) == 0 && info.f_type == Int(BPF_FS_MAGIC)
    }
}
