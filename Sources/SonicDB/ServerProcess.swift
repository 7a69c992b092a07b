import Dispatch
import Glibc

/// The process that a pid file names, if it still is the server of that folder and no later process with its number.
struct ServerProcess {
    let pid: pid_t

    init?(in folder: ServerFolder) {
        guard let bytes = try? SmallFile.read(folder.pidFile, limit: 32),
            let pid = pid_t(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)), pid > 1,
            Self.isServer(pid, of: folder)
        else { return nil }
        self.pid = pid
    }

    /// A process that has ended but that its parent has not yet asked about counts as ended.
    var isAlive: Bool {
        guard let bytes = try? SmallFile.read("/proc/\(pid)/stat", limit: 4096) else { return false }
        // pid (name) state …, where the name may hold anything.
        let state = bytes.lastIndex(of: UInt8(ascii: ")")).map { bytes[$0...].dropFirst(2).first }
        return state != UInt8(ascii: "Z")
    }

    /// Waits until it has ended; false when it has not by the deadline.
    func ended(by deadline: Instant) async -> Bool {
        while isAlive {
            guard .now < deadline else { return false }
            await pause(.milliseconds(20))
        }
        return true
    }

    /// SIGTERM, then SIGKILL, which a stopped process heeds too.
    func end() async {
        kill(pid, SIGTERM)
        if await ended(by: .now + .seconds(2)) { return }
        kill(pid, SIGKILL)
        _ = await ended(by: .now + .seconds(2))
    }

    /// A server works in its `dir`, which is the folder.
    private static func isServer(_ pid: pid_t, of folder: ServerFolder) -> Bool {
        guard let name = try? SmallFile.read("/proc/\(pid)/comm", limit: 64), name == Array("redis-server\n".utf8),
            let cwd = realpath("/proc/\(pid)/cwd", nil), let own = realpath(folder.path, nil)
        else { return false }
        defer {
            free(cwd)
            free(own)
        }
        return strcmp(cwd, own) == 0
    }
}

/// A wait that cancellation does not cut short: a stop has to be complete in a cancelled task too.
func pause(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
        let milliseconds = Int(duration.pollMilliseconds)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { continuation.resume() }
    }
}
