import CTraffic
import Glibc

/// A named or anonymous network namespace.
public enum NetworkNamespace {
    /// Runs `body` with the calling thread inside the namespace of the file `path` (`/run/netns/NAME`). Sockets that it
    /// opens stay in there for good.
    public static func inside<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let home = try open("/proc/thread-self/ns/net")
        defer { close(home) }
        let target = try open(path)
        defer { close(target) }
        _ = try TrafficError.check(ctraffic_enter_network(target), "enter \(path)")
        defer { precondition(ctraffic_enter_network(home) == 0, "the thread is lost in \(path)") }
        return try body()
    }

    private static func open(_ path: String) throws(TrafficError) -> Int32 {
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        return try TrafficError.check(fd < 0 ? -errno : fd, "open \(path)")
    }
}
