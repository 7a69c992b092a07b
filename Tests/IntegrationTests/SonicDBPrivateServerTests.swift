import FoundationEssentials
import Glibc
import Logging
import Testing

@testable import SonicDB

@Suite("SonicDB: the private server", .enabled(if: redisServerIsInstalled, "needs redis-server"))
struct SonicDBPrivateServerTests {
    @Test("starts on a socket of its own, with SONiC's settings, in a session of its own")
    func start() async throws {
        try await withPrivateServer { server in
            try await server.start()
            let config = Database(try server.map.endpoint(of: "CONFIG_DB"))
            let view = try await config.read(table: "T", keys: [], guardKey: "CONFIG_DB_INITIALIZED")
            #expect(view.guardValue == "1")
            #expect(try await setting("notify-keyspace-events", config).contains("A"))
            #expect(try await setting("port", config) == "0")
            #expect(try await setting("save", config) == "")
            #expect(try await setting("client-output-buffer-limit", config).contains("pubsub 33554432 8388608 60"))
            let pid = try #require(ServerProcess(in: server.folder)).pid
            #expect(getsid(pid) == pid && getsid(pid) != getsid(0))
        }
    }

    @Test("inherits none of the agent's descriptors")
    func descriptors() async throws {
        try await withPrivateServer { server in
            var pipe: [Int32] = [0, 0]
            #expect(Glibc.pipe(&pipe) == 0)
            defer {
                close(pipe[0])
                close(pipe[1])
            }
            var ours = stat()
            fstat(pipe[0], &ours)
            try await server.start()
            let pid = try #require(ServerProcess(in: server.folder)).pid
            for descriptor in 0..<64 {
                var theirs = stat()
                guard stat("/proc/\(pid)/fd/\(descriptor)", &theirs) == 0 else { continue }
                #expect(theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev)
            }
        }
    }

    @Test("keeps its rows over a graceful stop")
    func persistence() async throws {
        try await withPrivateServer { server in
            try await server.start()
            try await write("kept", server)
            let process = try #require(ServerProcess(in: server.folder))
            await server.stop()
            #expect(!process.isAlive)
            #expect(access(server.folder.socket, F_OK) != 0)
            try await server.start()
            #expect(try await rows(server) == ["kept"])
        }
    }

    @Test("is adopted, with its rows, by the next agent after one that was killed")
    func adoption() async throws {
        try await withPrivateServer { server in
            try await server.start()
            try await write("kept", server)
            let pid = try #require(ServerProcess(in: server.folder)).pid
            try await PrivateServer(folder: server.folder.path, logger: Logger(label: "next")).start()
            #expect(ServerProcess(in: server.folder)?.pid == pid)
            #expect(try await rows(server) == ["kept"])
        }
    }

    @Test("is one, however many start it at once")
    func race() async throws {
        try await withPrivateServer { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await server.start() } }
                try await group.waitForAll()
            }
            let database = Database(try server.map.endpoint(of: "CONFIG_DB"))
            let info = try await database.send(["INFO", "server"]).text ?? ""
            let pid = try #require(ServerProcess(in: server.folder)).pid
            #expect(info.contains("process_id:\(pid)\r\n"))
        }
    }

    @Test("is restarted when it has died")
    func restart() async throws {
        try await withPrivateServer { server in
            try await server.start()
            let pid = try #require(ServerProcess(in: server.folder)).pid
            try await server.ensureRunning()
            #expect(ServerProcess(in: server.folder)?.pid == pid)
            kill(pid, SIGKILL)
            try await eventually("it is restarted") { (try? await server.ensureRunning()) != nil }
            #expect(try #require(ServerProcess(in: server.folder)).pid != pid)
        }
    }

    @Test("that hangs is not ended at once, but is by the next start")
    func hanging() async throws {
        try await withPrivateServer { server in
            try await server.start()
            let pid = try #require(ServerProcess(in: server.folder)).pid
            kill(pid, SIGSTOP)
            await #expect(throws: RedisError.self) { try await server.ensureRunning() }
            #expect(ServerProcess(in: server.folder)?.pid == pid)
            try await server.start()
            #expect(try #require(ServerProcess(in: server.folder)).pid != pid)
        }
    }

    @Test("that hangs is ended by a stop, by its number")
    func stopHanging() async throws {
        try await withPrivateServer { server in
            try await server.start()
            let process = try #require(ServerProcess(in: server.folder))
            kill(process.pid, SIGSTOP)
            await server.stop()
            #expect(!process.isAlive)
        }
    }

    @Test("is stopped, with its rows saved, in a cancelled task too")
    func cancelledStop() async throws {
        try await withPrivateServer { server in
            try await server.start()
            try await write("kept", server)
            let process = try #require(ServerProcess(in: server.folder))
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                await server.stop()
            }
            task.cancel()
            await task.value
            #expect(!process.isAlive)
            #expect(access(server.folder.dumpFile, F_OK) == 0)
        }
    }

    @Test("that cannot save its rows is left running with them")
    func fullDisk() async throws {
        try await withPrivateServer { server in
            try await server.start()
            try await write("kept", server)
            mkdir(server.folder.dumpFile, 0o700)
            _ = FileManager.default.createFile(atPath: server.folder.dumpFile + "/in the way", contents: nil)
            await server.stop()
            #expect(try await rows(server) == ["kept"])
            try FileManager.default.removeItem(atPath: server.folder.dumpFile)
        }
    }

    @Test("keeps rows of which it was told through a crash")
    func crashAfterChange() async throws {
        try await withPrivateServer { server in
            try await server.start()
            let config = Database(try server.map.endpoint(of: "CONFIG_DB"))
            try await config.send(["HSET", "TELEGEN_JOB|a", "port", "Ethernet0"])
            server.rowsChanged()
            try await server.ensureRunning()
            try await eventually("it has saved") {
                FileManager.default.fileExists(atPath: server.folder.dumpFile)
            }
            let process = try #require(ServerProcess(in: server.folder))
            kill(process.pid, SIGKILL)
            try await eventually("it runs again") { (try? await server.ensureRunning()) != nil }
            #expect(try await config.send(["HGET", "TELEGEN_JOB|a", "port"]) == .string("Ethernet0"))
        }
    }

    @Test("whose dump is damaged says which file to remove")
    func damagedDump() async throws {
        try await withPrivateServer { server in
            try server.folder.prepare()
            _ = FileManager.default.createFile(atPath: server.folder.dumpFile, contents: Data("REDIS0011garbage".utf8))
            let error = await #expect(throws: PrivateServerError.self) { try await server.start() }
            #expect(error?.remedy.contains(server.folder.dumpFile) == true)
        }
    }

    @Test("does not take another redis-server for its own because its pid file has that number")
    func reusedNumber() async throws {
        let other = try await TestRedis()
        try await withPrivateServer { server in
            try server.folder.prepare()
            let text = Data("\(other.pid)\n".utf8)
            _ = FileManager.default.createFile(atPath: server.folder.pidFile, contents: text)
            #expect(ServerProcess(in: server.folder) == nil)
            await server.stop()
            #expect(try await other.database().send(["PING"]) == .status("PONG"))
        }
    }

    @Test("does not take a stranger's socket for its own")
    func stranger() async throws {
        try await withPrivateServer { server in
            try server.folder.prepare()
            let listener = try listen(on: server.folder.socket)
            defer { close(listener) }
            let error = await #expect(throws: PrivateServerError.self) { try await server.start() }
            #expect(error?.cause.contains("is not the server of its pid file") == true)
        }
    }

    private func setting(_ name: String, _ database: Database) async throws -> String {
        try await database.send(["CONFIG", "GET", name]).array?.last?.text ?? "?"
    }

    private func write(_ key: String, _ server: PrivateServer) async throws {
        let database = Database(try server.map.endpoint(of: "CONFIG_DB"))
        try await database.apply([.set(table: "TELEGEN_JOB", key: key, fields: ["port": "lo"])])
    }

    private func rows(_ server: PrivateServer) async throws -> [String] {
        try await Database(try server.map.endpoint(of: "CONFIG_DB")).keys(of: "TELEGEN_JOB")
    }
}

/// Hands out a private server in a temporary folder; ends it and removes the folder whatever happens.
private func withPrivateServer(_ body: (PrivateServer) async throws -> Void) async throws {
    let template = strdup("/tmp/sonicdb-XXXXXX")
    defer { free(template) }
    let parent = String(cString: try #require(mkdtemp(template!)))
    let server = PrivateServer(folder: parent + "/a \"folder\"", logger: Logger(label: "test"))
    let result = await Result { try await body(server) }
    if let process = ServerProcess(in: server.folder) { await process.end() }
    try? FileManager.default.removeItem(atPath: parent)
    try result.get()
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// Accepts connections in the kernel alone, and never answers.
private func listen(on path: String) throws -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(bound == 0 && listen(listener, 8) == 0)
    return listener
}
