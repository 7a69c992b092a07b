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

    public var description: String {
        let cause = "\(operation): \(String(cString: strerror(code)))"
        return detail.map { "\(cause) (\($0))" } ?? cause
    }
}

/// libbpf 1.x answers -errno and sets errno.
@discardableResult
func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(KernelError) -> Int32 {
    guard result < 0 else { return result }
    throw KernelError(operation(), code: -result)
}
