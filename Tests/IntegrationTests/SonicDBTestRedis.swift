import FoundationEssentials
import Glibc
import SonicDB
import Testing

/// Whether tests that need a redis-server run: when there is one, or when a run must not skip anything.
let redisServerIsInstalled: Bool =
    getenv("TELEGEN_REQUIRE_ALL").map { String(cString: $0) } == "1" || TestRedis.program != nil

/// A redis-server of the test's own, in a temporary folder that is removed with it.
final class TestRedis {
    /// Where the program is, if it is installed.
    static let program = ["/usr/bin", "/usr/local/bin", "/usr/sbin"].map { $0 + "/redis-server" }
        .first { access($0, X_OK) == 0 }

    let folder: String
    private let options: [String]
    private(set) var pid: pid_t = 0

    /// Starts it, on the Unix socket alone unless the options name a port, and waits until it answers.
    init(_ options: [String: String] = ["notify-keyspace-events": "AKE"]) async throws {
        let template = strdup("/tmp/sonicdb-XXXXXX")
        defer { free(template) }
        folder = String(cString: try #require(mkdtemp(template!)))
        let fixed = [
            "port": "0", "unixsocket": folder + "/redis.sock", "dir": folder, "save": "", "logfile": folder + "/log",
        ]
        self.options = fixed.merging(options) { $1 }.flatMap { ["--" + $0.key, $0.value] }
        try await start()
    }

    deinit {
        crash()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var socket: String { folder + "/redis.sock" }

    /// One of SONiC's databases on this server.
    func endpoint(_ id: Int = 4) -> DatabaseEndpoint {
        DatabaseEndpoint(address: .unix(path: socket), id: id, separator: "|")
    }

    func database(_ id: Int = 4, timeout: Duration = .seconds(20).stretched) -> Database {
        Database(endpoint(id), timeout: timeout)
    }

    func start() async throws {
        let arguments = [try #require(Self.program)] + options
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        try #require(posix_spawn(&pid, arguments[0], nil, nil, &words, environ) == 0)
        try await eventually("redis-server answers") { await self.answers() }
    }

    /// As by `kill -9`.
    func crash() {
        guard pid > 0 else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        pid = 0
    }

    func signal(_ number: Int32) { kill(pid, number) }

    private func answers() async -> Bool { (try? await database().send(["PING"])) == .status("PONG") }
}

/// Waits until something is so; a minute at most (see `stretched`), far longer than it takes on the slowest machine.
func eventually(
    _ what: String, within limit: Duration = .seconds(60).stretched, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard .now < deadline else {
            Issue.record("not in time: \(what)", sourceLocation: sourceLocation)
            throw CancellationError()
        }
        try await Task.sleep(for: .milliseconds(10).stretched)
    }
}
