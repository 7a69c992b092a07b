import Glibc

/// Whether files can be made in a folder that may be still to be made.
enum FolderAccess {
    /// Why they cannot, by the calling thread's rights; nil: they can.
    static func obstacle(toWritingIn folder: String) -> String? {
        var path = folder[...]
        while access(path.isEmpty ? "/" : String(path), F_OK) != 0, errno == ENOENT, let slash = path.lastIndex(of: "/")
        {
            path = path[..<slash]
        }
        let existing = path.isEmpty ? "/" : String(path)
        // The slash asks for a folder.
        guard access(existing + "/", W_OK | X_OK) != 0 else { return nil }
        return "\(existing): \(String(cString: strerror(errno)))"
    }
}
