import Glibc
import ServiceLifecycle

/// Where systemd, or whoever started the agent like it, wants to hear of it (sd_notify(3)).
public struct ServiceManager: Hashable, Sendable {
    /// `NOTIFY_SOCKET`: a path, or behind `@` a name without one (unix(7)).
    let socket: String
    /// `WATCHDOG_USEC`: the agent is taken for dead after so long without a word; nil: never.
    let watchdog: Duration?

    /// Nil: nobody wants to.
    init?(environment: [String: String]) {
        guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@"),
            (2..<108).contains(path.utf8.count), !path.utf8.contains(0)
        else { return nil }
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 && isForUs ? $0 : nil }
        (socket, watchdog) = (path, microseconds.map { .microseconds($0) })
    }

    /// Sends assignments such as `READY=1`. What does not arrive is nobody's loss.
    func tell(_ assignments: String...) {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = (socket.hasPrefix("@") ? [0] : []) + socket.utf8.drop { $0 == UInt8(ascii: "@") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let text = Array(assignments.joined(separator: "\n").utf8)
        _ = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                return sendto(descriptor, text, text.count, flags, $0, length)
            }
        }
    }
}

/// Tells the service manager how the agent is, as long as the reconciler answers: one that hangs is to be restarted.
struct ServiceManagerService: Service {
    let manager: ServiceManager
    let reconciler: Reconciler

    func run() async {
        await cancelWhenGracefulShutdown {
            repeat {
                let statuses = await reconciler.statuses
                manager.tell(
                    "WATCHDOG=1", "STATUS=\(statuses.count) jobs, \(statuses.count { $0 == .running }) running")
            } while (try? await Task.sleep(for: interval)) != nil
        }
        manager.tell("STOPPING=1")
    }

    private var interval: Duration { min(.seconds(5), manager.watchdog.map { $0 / 3 } ?? .seconds(5)) }
}
