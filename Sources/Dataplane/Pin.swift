import CLibbpf
import Glibc

/// Something of ours in bpffs, told from what somebody else may put in its place by its inode.
struct Pin {
    private var inode: ino_t?

    /// Not pinned yet.
    init() {}

    /// What is there.
    init(at path: String) { inode = Self.inode(at: path) }

    func stands(at path: String) -> Bool { inode != nil && Self.inode(at: path) == inode }

    /// Pins it, in the place of what is there.
    mutating func put(_ descriptor: Int32, at path: String, _ operation: @autoclosure () -> String) throws(KernelError)
    {
        guard unlink(path) == 0 || errno == ENOENT else { throw KernelError(operation()) }
        try check(bpf_obj_pin(descriptor, path), operation())
        inode = Self.inode(at: path)
    }

    private static func inode(at path: String) -> ino_t? {
        var info = stat()
        return lstat(path, &info) == 0 ? info.st_ino : nil
    }
}
