import CLinux
import Glibc

/// What the agent will be able to do, found out without doing it.
extension PinFolder {
    /// Why bpffs cannot be mounted there; nil: it can. Wants the rights that the agent starts with.
    public static func obstacle(toMounting bpffs: String) -> KernelError? {
        do { try check(clinux_try_filesystem("bpf"), "mount bpffs on \(bpffs)") } catch { return error }
        var facts = stat()
        if stat(bpffs, &facts) == 0 {
            return facts.st_mode & S_IFMT == S_IFDIR ? nil : KernelError("mount bpffs on \(bpffs)", code: ENOTDIR)
        }
        let parent = bpffs[..<(bpffs.lastIndex(of: "/") ?? bpffs.startIndex)]
        return access("\(parent)/", W_OK | X_OK) == 0 ? nil : KernelError("make \(bpffs)")
    }

    /// Why nothing can be pinned in the bpffs there; nil: it can.
    public static func obstacle(toPinningIn bpffs: String) -> KernelError? {
        var info = statfs()
        if statfs(bpffs, &info) == 0, Int(info.f_flags) & Int(ST_RDONLY) != 0 {
            return KernelError("write into \(bpffs)", code: EROFS)
        }
        for folder in [bpffs, "\(bpffs)/telegen-sonic"] where access(folder, W_OK | X_OK) != 0 && errno != ENOENT {
            return KernelError("write into \(folder)")
        }
        return nil
    }
}
