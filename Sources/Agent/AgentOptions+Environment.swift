import Dataplane
import Domain
import Glibc
import HTTPAPI
import OTLP

extension AgentOptions {
    /// Reads `TELEGEN_*`, `OTEL_*` and `NAMESPACE_ID`. Empty means unset; a bad value is a warning that quotes it, and
    /// means unset too.
    public static func fromEnvironment(_ environment: [String: String]) -> (options: AgentOptions, warnings: [String]) {
        var reader = Reader(environment: environment)
        var options = AgentOptions()
        options.mirror.mode = reader.choice("TELEGEN_MIRROR_MODE", ["erspan", "none", "placeholder"]) ?? .erspan
        options.mirror.remote = reader.value("TELEGEN_ERSPAN_REMOTE", "an IPv4 address", IPv4Address.init)
        options.mirror.local = reader.value("TELEGEN_ERSPAN_LOCAL", "an IPv4 address", IPv4Address.init)
        options.mirror.device = reader.value("TELEGEN_ERSPAN_DEV", "the name of a network device", NetdevName.init)
        let mirror = options.mirror
        options.mirror.name =
            reader.value("TELEGEN_ERSPAN_NAME", "the name of a network device", NetdevName.init) ?? mirror.name
        options.mirror.key =
            reader.value("TELEGEN_ERSPAN_KEY", "0 to 1023") { UInt16($0).flatMap { $0 < 1024 ? $0 : nil } }
            ?? mirror.key
        options.mirror.ttl =
            reader.value("TELEGEN_ERSPAN_TTL", "1 to 255") { UInt8($0).flatMap { $0 > 0 ? $0 : nil } } ?? mirror.ttl
        options.mirror.tos =
            reader.value("TELEGEN_ERSPAN_TOS", "inherit, or 0 to 255", TypeOfService.init) ?? mirror.tos
        options.database = reader.choice("TELEGEN_DB", DatabaseChoice.allCases.map(\.rawValue)) ?? .auto
        options.attach = reader.choice("TELEGEN_ATTACH", AttachChoice.allCases.map(\.rawValue)) ?? .auto
        options.databaseConfig = reader.path("TELEGEN_DB_CONFIG") ?? options.databaseConfig
        options.stateDirectory = reader.path("TELEGEN_STATE_DIR") ?? options.stateDirectory
        options.bpffs = reader.path("TELEGEN_BPFFS") ?? options.bpffs
        options.bpfObject = reader.path("TELEGEN_BPF_OBJECT")
        options.btf = reader.path("TELEGEN_BTF")
        options.namespaceID = reader.value("NAMESPACE_ID", "a name of letters, digits, - and _") {
            JobName($0)?.text
        }
        options.metricIfindex = reader.bool("TELEGEN_METRIC_IFINDEX") ?? false
        options.cardinalityLimit = reader.cardinalityLimit(options.cardinalityLimit)
        options.selfTelemetry = reader.bool("TELEGEN_SELF_TELEMETRY") ?? options.selfTelemetry
        options.measuresCost = reader.bool("TELEGEN_MEASURE_COST") ?? false
        options.http = reader.http()
        options.serviceManager = ServiceManager(environment: environment)
        let (exporter, exporterWarnings) = ExporterSettings.fromEnvironment(environment)
        options.exporter = exporter
        return (options, reader.warnings + exporterWarnings)
    }

    private struct Reader {
        let environment: [String: String]
        var warnings: [String] = []

        mutating func value<Value>(_ name: String, _ allowed: String, _ parse: (String) -> Value?) -> Value? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            if let value = parse(text) { return value }
            warnings.append("\(name)=\(text.prefix(80).debugDescription): must be \(allowed); ignored")
            return nil
        }

        mutating func choice<Value: RawRepresentable<String>>(_ name: String, _ allowed: [String]) -> Value? {
            value(name, allowed.joined(separator: ", ")) { allowed.contains($0) ? Value(rawValue: $0) : nil }
        }

        mutating func bool(_ name: String) -> Bool? {
            value(name, "true or false") { Bool($0.lowercased()) }
        }

        mutating func path(_ name: String) -> String? {
            value(name, "an absolute path") { $0.hasPrefix("/") && !$0.contains("\0") ? $0 : nil }
        }

        /// Nil: there is none.
        mutating func cardinalityLimit(_ usual: Int?) -> Int? {
            let limit = value("TELEGEN_CARDINALITY_LIMIT", "1 to 1000000, 0 or off") { text in
                text == "off" ? 0 : Int(text).flatMap { 0...1_000_000 ~= $0 ? $0 : nil }
            }
            return limit == 0 ? nil : limit ?? usual
        }

        /// Nil: `TELEGEN_LISTEN` is `off`.
        mutating func http() -> HTTPSettings? {
            guard environment["TELEGEN_LISTEN"] != "off" else { return nil }
            var settings = HTTPSettings()
            settings.address =
                value("TELEGEN_LISTEN", "ADDRESS:PORT, unix:/path or off", ListenAddress.init) ?? settings.address
            settings.tokens = path("TELEGEN_TOKENS")
            let (certificate, key) = (path("TELEGEN_TLS_CERT"), path("TELEGEN_TLS_KEY"))
            let authorities = path("TELEGEN_TLS_CLIENT_CA")
            if let certificate, let key {
                settings.tls = TLSFiles(certificate: certificate, key: key, clientAuthorities: authorities)
            } else if certificate ?? key ?? authorities != nil {
                warnings.append(
                    "TELEGEN_TLS_CERT and TELEGEN_TLS_KEY go together, and TELEGEN_TLS_CLIENT_CA with both; not listening"
                )
                return nil
            }
            let permissions = APIPermission.allCases.map(\.rawValue)
            settings.permissions =
                value("TELEGEN_API_ALLOW", "a list of \(permissions.joined(separator: ", "))") { text in
                    let found = text.split(separator: ",").map { APIPermission(rawValue: String($0)) }
                    return found.contains(nil) ? nil : Set(found.compactMap { $0 })
                } ?? []
            settings.socketMode =
                value("TELEGEN_LISTEN_MODE", "0600 to 0666, in octal") { text in
                    mode_t(text, radix: 8).flatMap { $0 & ~0o066 == 0o600 ? $0 : nil }
                } ?? settings.socketMode
            settings.socketGroup = value("TELEGEN_LISTEN_GROUP", "the name of a group") { text in
                text.utf8.count <= 32 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
            }
            return settings
        }
    }
}
