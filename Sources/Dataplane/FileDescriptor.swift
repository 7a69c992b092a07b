import Glibc

/// Closes its descriptor exactly once.
struct FileDescriptor: ~Copyable, Sendable {
    let raw: Int32

    init(owning raw: Int32) { self.raw = raw }

    init(duplicating raw: Int32) throws(KernelError) {
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw KernelError("duplicate a descriptor") }
        self.raw = copy
    }

    deinit { if raw >= 0 { close(raw) } }
}

extension FileDescriptor {
    /// Hands the descriptor over to somebody who closes it.
    consuming func release() -> Int32 {
        let raw = self.raw
        discard self
        return raw
    }
}
