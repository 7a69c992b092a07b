import CHiredis
import Glibc
import Synchronization

/// Ends the waits of a thread from outside, once and for all. Owns an eventfd, which every such wait watches too.
final class Interrupt: Sendable {
    /// -1 when the system has no descriptors left: then waits are short and look at the flag.
    let descriptor: Int32
    private let flag = Atomic(false)

    init() { descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    var isSignalled: Bool { flag.load(ordering: .acquiring) }

    /// How long a wait may be without looking at the flag; nil: the descriptor ends it.
    var longestWait: Duration? { descriptor < 0 ? .milliseconds(200) : nil }

    func signal() {
        flag.store(true, ordering: .releasing)
        if descriptor >= 0 { eventfd_write(descriptor, 1) }
    }
}
