import Glibc
import Logging
import ServiceLifecycle
import SonicDB

/// Where CONFIG_DB and STATE_DB are, and the server behind them when it is our own.
struct Databases: Sendable {
    let config: DatabaseEndpoint
    let state: DatabaseEndpoint
    /// The key of CONFIG_DB that is there when it is whole; SONiC removes it while it rebuilds.
    var guardKey: String? { server == nil ? "CONFIG_DB_INITIALIZED" : nil }
    /// For people: which databases these are and why.
    let summary: String
    /// Nil: the databases are SONiC's.
    let server: PrivateServer?

    /// As `TELEGEN_DB` says; `auto` is SONiC's when their configuration or `/etc/sonic` exists.
    init(_ options: AgentOptions, logger: Logger) throws {
        let isPrivate =
            switch options.database {
            case .sonic: false
            case .privateServer: true
            case .auto: access(options.databaseConfig, F_OK) != 0 && access("/etc/sonic", F_OK) != 0
            }
        let folder = options.stateDirectory + (options.namespaceID.map { "/redis-\($0)" } ?? "/redis")
        server = isPrivate ? PrivateServer(folder: folder, logger: logger) : nil
        let map = try server?.map ?? DatabaseMap(contentsOf: options.databaseConfig, namespace: options.namespaceID)
        config = try map.endpoint(of: "CONFIG_DB")
        state = try map.endpoint(of: "STATE_DB")
        summary = isPrivate ? "private: \(config.address)" : "sonic: \(options.databaseConfig)"
    }
}

/// Keeps the private server running; it ends after everybody who writes into it.
struct PrivateServerService: Service {
    let server: PrivateServer
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .seconds(5))) != nil {
                do { try await server.ensureRunning() } catch { logger.warning("private database: \(error)") }
            }
        }
        await server.stop()
    }
}
