import CBench
import Glibc

/// A network namespace of the calling thread, which ends with it.
enum TemporaryNetwork {
    /// Enters a new one, with a veth pair that is up, and answers the index of one end.
    static func enter() throws(BenchFailure) -> Int32 {
        try check(cbench_new_network(), "make a network namespace")
        try ip("link", "add", "bench0", "up", "type", "veth", "peer", "name", "bench1")
        try ip("link", "set", "bench1", "up")
        return Int32(if_nametoindex("bench0"))
    }

    private static func ip(_ arguments: String...) throws(BenchFailure) {
        let command = ["ip"] + arguments
        var words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        var status: Int32 = 0
        let error = posix_spawnp(&child, "ip", nil, nil, &words, environ)
        guard error == 0 else { throw BenchFailure(operation: "run ip", code: error) }
        guard waitpid(child, &status, 0) == child, status == 0 else {
            throw BenchFailure(operation: command.joined(separator: " "), code: ECHILD)
        }
    }
}
