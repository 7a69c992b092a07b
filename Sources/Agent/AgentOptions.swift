import Dataplane
import Domain
import HTTPAPI
import OTLP

/// Everything that the agent is told when it starts: environment and command line.
public struct AgentOptions: Sendable {
    public var mirror = AgentMirror()
    public var database = DatabaseChoice.auto
    /// SONiC's map of databases.
    public var databaseConfig = "/var/run/redis/sonic-db/database_config.json"
    /// The ASIC instance of a multi-ASIC system; nil: the only one.
    public var namespaceID: String?
    /// The instance's UUID and the private database live here.
    public var stateDirectory = "/var/lib/telegen-sonic"
    public var bpffs = "/sys/fs/bpf"
    /// A compiled BPF object to use instead of the embedded one.
    public var bpfObject: String?
    /// A file with the kernel's BTF, for such an object on a kernel that does not carry its own.
    public var btf: String?
    public var attach = AttachChoice.auto
    /// Whether metrics have the attribute `ifindex`.
    public var metricIfindex = false
    /// How many streams a metric may have; nil: any number.
    public var cardinalityLimit: Int? = CardinalityLimit.usual
    /// Whether the exporter tells how it is doing.
    public var selfTelemetry = true
    /// Whether the kernel is asked, for a second a minute, what the programs cost; wants CAP_SYS_ADMIN.
    public var measuresCost = false
    public var exporter = ExporterSettings()
    /// The HTTP API; nil: there is none.
    public var http: HTTPSettings? = HTTPSettings()
    /// Who started the agent and wants to hear of it; nil: nobody.
    public var serviceManager: ServiceManager?
    /// Set by the command line: CONFIG_DB cannot change them.
    public var fixed = FixedSettings()
    public var detachOnExit = false

    public init() {}

    /// What the command line says and `TELEGEN|global` would say too.
    public struct FixedSettings: Sendable {
        public var otlpEndpoint: String?
        public var statusInterval: Int?

        public init() {}
    }
}

/// `TELEGEN_DB`.
public enum DatabaseChoice: String, CaseIterable, Sendable {
    /// SONiC's databases when they are here, else a private one.
    case auto
    case sonic
    case privateServer = "private"
}

extension AgentOptions {
    /// What is wrong with an end point of the command line; nil: nothing.
    public static func problem(withEndpoint text: String) -> String? {
        do {
            _ = try Endpoint(parsing: text)
            return nil
        } catch {
            return "\(error)"
        }
    }
}
