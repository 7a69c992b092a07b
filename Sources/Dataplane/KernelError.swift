import CLibbpf
import Glibc

/// A call to the kernel that failed, and what was being done.
public struct KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, such as "attach tcx link to Ethernet0".
    public let operation: String
    /// A positive errno.
    public let code: Int32
    /// More of the cause, such as libbpf's last warning, or the remedy.
    public let detail: String?

    public init(_ operation: String, code: Int32 = errno, detail: String? = nil) {
        self.operation = operation
        self.code = code
        self.detail = detail
    }

    public var description: String { described(with: detail ?? remedy) }

    /// What has happened, without the remedy that `remedy` is.
    public var summary: String { described(with: detail) }

    private func described(with more: String?) -> String {
        "\(operation): \(cause)" + (more.map { " (\($0))" } ?? "")
    }

    /// libbpf has codes of its own above the system's.
    private var cause: String {
        var text = [CChar](repeating: 0, count: 128)
        libbpf_strerror(code, &text, text.count)
        return text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Whether the same may work a moment later.
    var isPassing: Bool { [EAGAIN, EBUSY, EINTR, ENOBUFS].contains(code) }

    /// What helps, where the code tells that.
    public var remedy: String? {
        switch code {
        case EPERM where Capabilities.areFiltered:
            """
            the container's seccomp profile refuses it: use Docker 23 or later, or --security-opt seccomp=FILE with a \
            profile that allows bpf(2)
            """
        case EPERM, EACCES: "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"
        case ENOSYS: "this kernel, or the container's seccomp profile, has no bpf(2)"
        case ENOMEM: "free memory, or raise the limit of locked memory (ulimit -l) before Linux 5.11"
        case EMFILE: "raise the limit of open files (ulimit -n)"
        case EROFS: "mount bpffs for writing, or set TELEGEN_BPFFS"
        default: nil
        }
    }
}

/// libbpf 1.x answers -errno and sets errno.
@discardableResult
func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(KernelError) -> Int32 {
    guard result < 0 else { return result }
    throw KernelError(operation(), code: -result)
}
