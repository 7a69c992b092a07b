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

    /// A device that forgets what is sent through it, a bridge without ports; answers its index.
    static func addSink(address: String, neighbour: String) throws(BenchFailure) -> Int32 {
        try ip("link", "add", "under0", "up", "type", "bridge")
        try ip("address", "add", address, "dev", "under0")
        try ip("neighbour", "add", neighbour, "lladdr", "02:54:47:00:00:01", "dev", "under0")
        return Int32(if_nametoindex("under0"))
    }

    /// A type III ERSPAN tunnel; answers its index.
    static func addTunnel(from local: String, to remote: String) throws(BenchFailure) -> Int32 {
        try ip(
            "link", "add", "mirror0", "up", "type", "erspan", "seq", "key", "42", "local", local, "remote", remote,
            "erspan_ver", "2", "erspan_dir", "ingress", "erspan_hwid", "0")
        return Int32(if_nametoindex("mirror0"))
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
