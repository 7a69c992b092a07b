import Glibc

/// The folder of a private server: its socket, configuration, dump, log and pid file, closed to other users.
struct ServerFolder: Sendable, Hashable {
    let path: String

    /// A relative path is relative to the working directory of now.
    init(path: String) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard !path.hasPrefix("/"), getcwd(&buffer, buffer.count) != nil else {
            self.path = path
            return
        }
        let current = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self.path = String(decoding: current, as: UTF8.self) + "/" + path
    }

    var socket: String { path + "/redis.sock" }
    var configurationFile: String { path + "/redis.conf" }
    var pidFile: String { path + "/redis.pid" }
    var logFile: String { path + "/redis.log" }
    var dumpFile: String { path + "/dump.rdb" }
    var lockFile: String { path + "/lock" }

    /// Makes the folder, with mode 0700.
    func prepare() throws(PrivateServerError) {
        guard socket.utf8.count <= 107 else {
            throw PrivateServerError(
                cause: "the socket's path \(socket) is longer than 107 bytes", remedy: "choose a shorter folder")
        }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw PrivateServerError(cause: "the folder's name has control characters", remedy: "choose another folder")
        }
        makeParents()
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("make the folder \(path)") }
        try checkOwnership()
        if chmod(path, 0o700) != 0 { throw failure("close the folder \(path) to other users") }
    }

    func writeConfiguration() throws(PrivateServerError) {
        try write(ServerConfiguration(folder: self).text, to: configurationFile)
    }

    /// Runs `body` while no other process or task does so in this folder; waits for them until the deadline.
    func locked(until deadline: Instant, _ body: () async throws -> Void) async throws {
        let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open \(lockFile)") }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw failure("lock \(lockFile)") }
            guard .now < deadline else {
                throw PrivateServerError(
                    cause: "another agent is starting or stopping the server in \(path)", remedy: "wait, or end it")
            }
            await pause(.milliseconds(20))
        }
        try await body()
    }

    /// Whether a server was left here, dead or alive.
    var hasServer: Bool { access(socket, F_OK) == 0 || access(pidFile, F_OK) == 0 }

    /// The last lines of the server's log, for an error.
    var logTail: String {
        guard let bytes = try? SmallFile.read(logFile, limit: 4 << 20) else { return "no log" }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: "; ")
    }

    /// Removes a log that has grown large.
    func trimLog() {
        var status = stat()
        if stat(logFile, &status) == 0, status.st_size > 1 << 20 { unlink(logFile) }
    }
}

extension ServerFolder {
    private func makeParents() {
        var parent = ""
        for name in path.split(separator: "/").dropLast() {
            parent += "/" + name
            mkdir(parent, 0o755)
        }
    }

    private func checkOwnership() throws(PrivateServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw failure("look at \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw PrivateServerError(
                cause: "\(path) is not a folder of this user's", remedy: "choose another folder, or remove it")
        }
    }

    private func write(_ text: String, to file: String) throws(PrivateServerError) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("write \(file)") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw failure("write \(file)") }
    }

    private func failure(_ action: String) -> PrivateServerError {
        PrivateServerError(
            cause: "cannot \(action): \(String(cString: strerror(errno)))",
            remedy: "check permissions and space, or choose another folder")
    }
}
