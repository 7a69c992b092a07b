import Glibc
import Logging
import TestSupport
import Testing

@testable import SonicDB

@Suite("A private server's folder")
struct ServerFolderTests {
    let temporary = try! TemporaryFolder()

    @Test("is made with its parents, closed to others, with the configuration in it")
    func prepare() throws {
        let folder = ServerFolder(path: temporary.path + "/a/b")
        try folder.prepare()
        try folder.writeConfiguration()
        #expect(mode(folder.path) == 0o700)
        #expect(mode(folder.configurationFile) == 0o600)
    }

    @Test("is closed when it was open")
    func close() throws {
        let folder = ServerFolder(path: temporary.path)
        chmod(folder.path, 0o777)
        try folder.prepare()
        #expect(mode(folder.path) == 0o700)
    }

    @Test("has a path short enough for a socket")
    func longPath() {
        let folder = ServerFolder(path: "/tmp/" + String(repeating: "x", count: 100))
        expectError(
            "private redis-server: the socket's path \(folder.socket) is longer than 107 bytes "
                + "(choose a shorter folder)"
        ) { try folder.prepare() }
    }

    @Test("is a folder of the user's own")
    func notAFolder() throws {
        let file = try temporary.write("", to: "file")
        #expect(throws: PrivateServerError.self) { try ServerFolder(path: file).prepare() }
        #expect(throws: PrivateServerError.self) { try ServerFolder(path: file + "/below").prepare() }
        symlink("/tmp", temporary.path + "/link")
        #expect(throws: PrivateServerError.self) { try ServerFolder(path: temporary.path + "/link").prepare() }
    }

    @Test("has a name that fits in a configuration file")
    func controlCharacters() {
        #expect(throws: PrivateServerError.self) { try ServerFolder(path: temporary.path + "/a\nport 1").prepare() }
    }

    @Test("may be relative to the working directory")
    func relative() {
        #expect(ServerFolder(path: "redis").path.hasPrefix("/"))
        #expect(ServerFolder(path: "redis").path.hasSuffix("/redis"))
    }

    @Test("is one agent's at a time")
    func lock() async throws {
        let folder = ServerFolder(path: temporary.path)
        try await folder.locked(until: .now) {
            await #expect(throws: PrivateServerError.self) { try await folder.locked(until: .now) {} }
        }
        try await folder.locked(until: .now) {}
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        stat(path, &status)
        return status.st_mode & 0o777
    }
}

@Suite("A private server's configuration")
struct ServerConfigurationTests {
    @Test("has SONiC's notifications, no TCP, no persistence, and bounded buffers")
    func settings() {
        let lines = ServerConfiguration(folder: ServerFolder(path: "/r")).text.split(separator: "\n")
        for line in [
            "port 0", #"unixsocket "/r/redis.sock""#, "daemonize yes", #"save """#, "appendonly no",
            "notify-keyspace-events AKE", "client-output-buffer-limit pubsub 32mb 8mb 60",
        ] {
            #expect(lines.contains(Substring(line)))
        }
    }

    @Test("quotes paths")
    func quoting() {
        #expect(ServerConfiguration.quoted(#"/a b"\c"#) == #""/a b\"\\c""#)
    }
}

@Suite("A private server's process")
struct ServerProcessTests {
    let temporary = try! TemporaryFolder()

    @Test(
        "is not believed from a pid file alone",
        arguments: ["", "x", "-1", "0", "1", "99999999999999999999", "\(getpid())"])
    func pidFile(text: String) throws {
        _ = try temporary.write(text + "\n", to: "redis.pid")
        #expect(ServerProcess(in: ServerFolder(path: temporary.path)) == nil)
    }

    @Test("says what to install when there is no redis-server")
    func missingProgram() async {
        await #expect(processExitsWith: .success) {
            setenv("PATH", "/nowhere", 1)
            let folder = try TemporaryFolder()
            let server = PrivateServer(folder: folder.path, logger: Logger(label: "test"))
            let error = await #expect(throws: PrivateServerError.self) { try await server.start() }
            #expect(
                error?.description
                    == "private redis-server: redis-server is not installed (apt-get install redis-server)")
        }
    }

    @Test("that does not run is stopped at once")
    func stop() async {
        let lines = LogLines()
        await PrivateServer(folder: temporary.path, logger: lines.logger).stop()
        #expect(lines.lines == [])
    }
}

@Suite("A private server's health")
struct ServerHealthTests {
    @Test("is given up after 30 s of silence, which an answer ends")
    func patience() {
        let now = ContinuousClock.now
        var health = ServerHealth()
        let seen = [0, 29, 30].map { health.isGivenUp(at: now + .seconds($0)) }
        #expect(seen == [false, false, true])
        health.answered()
        let again = health.isGivenUp(at: now + .seconds(31))
        #expect(!again)
    }
}
