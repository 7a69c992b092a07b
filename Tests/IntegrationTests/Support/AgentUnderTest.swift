import Dataplane
import Domain
import Foundation
import SonicDB
import Synchronization
import Testing

/// Whether the agent can be tried for real here: programs loaded, namespaces made, a private database started.
let canRunAgent = canUseNamespaces && redisServerIsInstalled

/// The agent as a process, in a namespace with the veth pair Ethernet0–gen0, with its own private database and bpffs in
/// a temporary folder.
final class AgentUnderTest: Sendable {
    let namespace: Namespace
    let folder: String
    let config: Database
    let state: Database
    private let environment: [String: String]
    /// What the agent may do, by the names of setpriv(1); nil: everything.
    private let capabilities: [String]?
    /// A command that runs the agent as its last argument says, such as prlimit(1).
    private let through: [String]
    private let process = Mutex<Process?>(nil)
    /// Everything the agent has logged.
    var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    private init(
        _ namespace: Namespace, _ redis: TestRedis?, environment: [String: String], capabilities: [String]?,
        through: [String]
    ) throws {
        self.namespace = namespace
        self.capabilities = capabilities
        self.through = through
        folder = FileManager.default.temporaryDirectory.path + "/telegen-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let socket = redis?.socket ?? folder + "/state/redis/redis.sock"
        let map = DatabaseMap.privateServer(socket: socket)
        config = Database(try map.endpoint(of: "CONFIG_DB"), timeout: .seconds(20).stretched)
        state = Database(try map.endpoint(of: "STATE_DB"), timeout: .seconds(20).stretched)
        let own = [
            "TELEGEN_DB": redis == nil ? "private" : "sonic", "TELEGEN_DB_CONFIG": folder + "/database_config.json",
            "TELEGEN_STATE_DIR": folder + "/state", "TELEGEN_BPFFS": folder + "/bpf",
            "TELEGEN_MIRROR_MODE": "none", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OTEL_SDK_DISABLED": "true",
        ]
        self.environment = own.merging(environment) { $1 }
        try Data(Self.databaseConfig(socket).utf8).write(to: URL(fileURLWithPath: folder + "/database_config.json"))
    }

    /// As SONiC has it, for one instance on a Unix socket.
    private static func databaseConfig(_ socket: String) -> String {
        """
        {"INSTANCES": {"redis": {"hostname": "127.0.0.1", "port": 6379, "unix_socket_path": "\(socket)"}},
         "DATABASES": {"CONFIG_DB": {"id": 4, "separator": "|", "instance": "redis"},
                       "STATE_DB": {"id": 6, "separator": "|", "instance": "redis"}}, "VERSION": "1.0"}
        """
    }

    /// Runs `body` with an agent, and removes everything that belongs to it, whatever happens.
    ///
    /// - Parameter redis: where SONiC's databases are; nil: the agent's own private server.
    static func run(
        _ environment: [String: String] = [:], redis: TestRedis? = nil, mtu: Int = 9000,
        capabilities: [String]? = nil, through: [String] = [],
        _ body: (AgentUnderTest) async throws -> Void
    ) async throws {
        try await withNamespace { namespace in
            _ = try await namespace.run(["ip", "link", "set", "lo", "up"])
            try await namespace.addVeth("Ethernet0", peer: "gen0", mtu: mtu)
            let agent = try AgentUnderTest(
                namespace, redis, environment: environment, capabilities: capabilities, through: through)
            do {
                // To mount it is a right of its own.
                if capabilities != nil {
                    let bpffs = agent.folder + "/bpf"
                    try FileManager.default.createDirectory(atPath: bpffs, withIntermediateDirectories: true)
                    _ = try await output(of: ["mount", "-t", "bpf", "-o", "mode=0700", "bpf", bpffs])
                }
                try await agent.start()
                _ = try await agent.config.send(["HSET", "TELEGEN|global", "status_interval", "1"])
                try await body(agent)
            } catch {
                print(agent.log)
                await agent.remove()
                throw error
            }
            await agent.remove()
        }
    }

    static let program = URL(
        fileURLWithPath: (try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/exe")) ?? ""
    ).deletingLastPathComponent().appending(path: "telegen-sonic").path

    /// The process; it answers when its row says so.
    func start(_ arguments: [String] = ["run"]) async throws {
        let began = Date()
        let process = try launch(arguments)
        try await eventually("the agent has written its row") {
            guard process.isRunning else { throw AgentEnded(log: self.log) }
            guard
                case .row(let row)? = try? await self.state.read(
                    table: "TELEGEN_AGENT_TABLE", keys: ["global"], guardKey: nil
                ).rows["global"]
            else { return false }
            return row.fields["pid"] == String(process.processIdentifier) && Date() > began
        }
    }

    /// The process, which may be anywhere in its start.
    @discardableResult
    func launch(_ arguments: [String] = ["run"]) throws -> Process {
        let process = try spawn(arguments)
        self.process.withLock { $0 = process }
        return process
    }

    /// A process of this program with the agent's environment.
    func spawn(
        _ arguments: [String], output: FileHandle? = nil, more environment: [String: String] = [:]
    ) throws -> Process {
        try spawn(command: drop + through + [Self.program] + arguments, output: output, more: environment)
    }

    /// A process of any program with the agent's environment.
    func spawn(
        command: [String], input: Pipe? = nil, output: FileHandle? = nil, more environment: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
        process.arguments = ["--net=\(namespace.path)"] + command
        if let input { process.standardInput = input }
        process.environment = self.environment.merging(environment) { $1 }
        let log = FileHandle(
            fileDescriptor: open(folder + "/log", O_WRONLY | O_CREAT | O_APPEND, 0o600), closeOnDealloc: true)
        process.standardError = log
        process.standardOutput = output ?? log
        try process.run()
        return process
    }

    /// Root's rights are those of its bounding set.
    private var drop: [String] {
        guard let capabilities else { return [] }
        let set = (["-all"] + capabilities.map { "+\($0)" }).joined(separator: ",")
        return ["setpriv", "--inh-caps=\(set)", "--bounding-set=\(set)"]
    }

    /// Runs a command of this program to its end; answers its exit code and what it printed.
    func command(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (code: Int32, output: String) {
        let pipe = Pipe()
        let process = try spawn(arguments, output: pipe.fileHandleForWriting, more: environment)
        try pipe.fileHandleForWriting.close()
        let end = pipe.fileHandleForReading
        let output = try await blocking { try end.readToEnd() ?? Data() }
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    var pid: Int32 { process.withLock { $0?.processIdentifier ?? 0 } }

    /// Sends a signal and waits until the process has ended; answers its exit status.
    @discardableResult
    func end(_ signal: Int32) async throws -> Int32 {
        guard let process = process.withLock({ $0 }) else { return 0 }
        kill(process.processIdentifier, signal)
        try await eventually("the agent has ended") { !process.isRunning }
        return process.terminationStatus
    }

    private func remove() async {
        _ = try? await end(SIGKILL)
        if environment["TELEGEN_DB"] == "private" { _ = try? await config.send(["SHUTDOWN", "NOSAVE"]) }
        _ = try? await output(of: ["umount", folder + "/bpf"])
        try? FileManager.default.removeItem(atPath: folder)
    }
}

struct AgentEnded: Error {
    let log: String
}

extension AgentUnderTest {
    func write(_ job: String, _ fields: [String: String]) async throws {
        _ = try await config.send(["HSET", "TELEGEN_JOB|\(job)"] + fields.flatMap { [$0.key, $0.value] })
    }

    func delete(_ job: String) async throws { _ = try await config.send(["DEL", "TELEGEN_JOB|\(job)"]) }

    /// The job's row of STATE_DB; empty when there is none.
    func row(_ job: String) async throws -> [String: String] {
        try await fields("TELEGEN_JOB_TABLE", job)
    }

    func statistics(_ job: String, _ direction: String) async throws -> [String: String] {
        try await fields("TELEGEN_STATS_TABLE", "\(job)|\(direction)")
    }

    func fields(_ table: String, _ key: String) async throws -> [String: String] {
        guard case .row(let row)? = try await state.read(table: table, keys: [key], guardKey: nil).rows[key] else {
            return [:]
        }
        return row.fields
    }

    /// Waits until the job's status is this one; answers its row.
    @discardableResult
    func wait(_ job: String, is status: String) async throws -> [String: String] {
        try await eventually("\(job) is \(status)") { try await self.row(job)["oper_status"] == status }
        return try await row(job)
    }

    /// Waits until STATE_DB has counted as many packets as `packets`, or more.
    func wait(_ job: String, hasCounted packets: UInt64) async throws {
        try await eventually("\(job) has counted \(packets)") {
            try await self.row(job)["packets"].flatMap { UInt64($0) } ?? 0 >= packets
        }
    }

    /// The taps that stand, as `job_direction`: pinned links, and filters by the pinned owners' table.
    func pins() throws -> [String] {
        let links = try FileManager.default.contentsOfDirectory(atPath: folder + "/bpf/telegen-sonic/links")
        let filters = try owners().filter { $0.attachType == .clsact }.compactMap(\.tap)
        return (links + filters.map { "\($0.job.text)_\($0.direction)" }).sorted()
    }
}
