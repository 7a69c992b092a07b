import Dataplane
import Domain
import HTTPAPI
import Testing

@testable import Agent

@Suite("The agent's environment")
struct AgentOptionsTests {
    @Test("unset and empty variables are the contract's defaults")
    func defaults() {
        for environment in [[:], ["TELEGEN_MIRROR_MODE": "", "TELEGEN_DB": "", "TELEGEN_ATTACH": ""]] {
            let (options, warnings) = AgentOptions.fromEnvironment(environment)
            #expect(warnings.isEmpty)
            #expect(options.mirror == AgentMirror(mode: .erspan))
            #expect(options.mirror.name.text == "erspan0")
            #expect(options.database == .auto && options.attach == .auto && !options.metricIfindex)
            #expect(options.selfTelemetry && options.cardinalityLimit == 16_384)
            #expect(options.databaseConfig == "/var/run/redis/sonic-db/database_config.json")
            #expect(options.stateDirectory == "/var/lib/telegen-sonic" && options.bpffs == "/sys/fs/bpf")
        }
    }

    @Test("every variable is read")
    func all() throws {
        let (options, warnings) = AgentOptions.fromEnvironment([
            "TELEGEN_MIRROR_MODE": "none", "TELEGEN_ERSPAN_NAME": "span1", "TELEGEN_ERSPAN_DEV": "Ethernet0",
            "TELEGEN_ERSPAN_REMOTE": "192.0.2.1", "TELEGEN_ERSPAN_LOCAL": "192.0.2.2", "TELEGEN_DB": "private",
            "TELEGEN_DB_CONFIG": "/a", "TELEGEN_STATE_DIR": "/b", "TELEGEN_BPFFS": "/c", "TELEGEN_BPF_OBJECT": "/d",
            "TELEGEN_ATTACH": "clsact", "TELEGEN_METRIC_IFINDEX": "true", "NAMESPACE_ID": "asic0",
            "TELEGEN_ERSPAN_KEY": "1023", "TELEGEN_ERSPAN_TTL": "9", "TELEGEN_ERSPAN_TOS": "184", "TELEGEN_BTF": "/e",
            "TELEGEN_LISTEN": "unix:/f", "TELEGEN_TOKENS": "/g", "TELEGEN_API_ALLOW": "tunnel-ends,remote-plain",
            "TELEGEN_TLS_CERT": "/h", "TELEGEN_TLS_KEY": "/i", "TELEGEN_TLS_CLIENT_CA": "/j",
            "TELEGEN_LISTEN_MODE": "0660", "TELEGEN_LISTEN_GROUP": "adm", "TELEGEN_SELF_TELEMETRY": "false",
            "TELEGEN_CARDINALITY_LIMIT": "1000000",
        ])
        #expect(warnings.isEmpty)
        #expect(options.mirror.mode == .none && options.mirror.device?.text == "Ethernet0")
        #expect(options.mirror.remote == IPv4Address("192.0.2.1") && options.mirror.local == IPv4Address("192.0.2.2"))
        #expect(options.mirror.name.text == "span1" && options.mirror.key == 1023)
        #expect(options.mirror.ttl == 9 && options.mirror.tos == .value(184) && options.btf == "/e")
        let http = try #require(options.http)
        #expect(http.address.description == "unix:/f" && http.tokens == "/g")
        #expect(http.permissions == [.tunnelEnds, .remotePlain])
        #expect(http.tls == TLSFiles(certificate: "/h", key: "/i", clientAuthorities: "/j"))
        #expect(http.socketMode == 0o660 && http.socketGroup == "adm")
        #expect(options.database == .privateServer && options.attach == .clsact)
        #expect(options.databaseConfig == "/a" && options.stateDirectory == "/b" && options.bpffs == "/c")
        #expect(options.bpfObject == "/d" && options.metricIfindex && options.namespaceID == "asic0")
        #expect(!options.selfTelemetry && options.cardinalityLimit == 1_000_000)
    }

    @Test(
        "a bad value is a warning that quotes it, and means unset",
        arguments: [
            ("TELEGEN_MIRROR_MODE", "asic"), ("TELEGEN_ERSPAN_REMOTE", "1.2.3"), ("TELEGEN_ERSPAN_NAME", "a b"),
            ("TELEGEN_DB", "mysql"), ("TELEGEN_ATTACH", "xdp"), ("TELEGEN_STATE_DIR", "relative"),
            ("NAMESPACE_ID", "../x"), ("TELEGEN_METRIC_IFINDEX", "yes"), ("TELEGEN_SELF_TELEMETRY", "no"),
            ("TELEGEN_CARDINALITY_LIMIT", "1000001"), ("TELEGEN_CARDINALITY_LIMIT", "-1"),
            ("TELEGEN_CARDINALITY_LIMIT", "many"),
            ("TELEGEN_ERSPAN_KEY", "1024"), ("TELEGEN_ERSPAN_TTL", "0"), ("TELEGEN_ERSPAN_TOS", "256"),
            ("TELEGEN_LISTEN", "example.com:80"), ("TELEGEN_LISTEN", "127.0.0.1"), ("TELEGEN_LISTEN", "unix:x"),
            ("TELEGEN_LISTEN", "[::x]:80"), ("TELEGEN_LISTEN", "127.0.0.1:0"), ("TELEGEN_TOKENS", "tokens"),
            ("TELEGEN_API_ALLOW", "everything"), ("TELEGEN_LISTEN_MODE", "0777"), ("TELEGEN_LISTEN_MODE", "0060"),
            ("TELEGEN_LISTEN_MODE", "rw"), ("TELEGEN_LISTEN_GROUP", "a b"),
        ])
    func bad(name: String, value: String) {
        let (options, warnings) = AgentOptions.fromEnvironment([name: value])
        #expect(warnings.count == 1 && warnings[0].contains(name) && warnings[0].contains(value))
        #expect(options.mirror == AgentMirror(mode: .erspan) && options.namespaceID == nil && options.selfTelemetry)
        #expect(options.cardinalityLimit == 16_384)
        let http = options.http
        #expect(http?.address.description == "127.0.0.1:8080" && http?.permissions == [] && http?.tokens == nil)
        #expect(http?.socketMode == 0o600 && http?.socketGroup == nil)
    }

    @Test("a metric may have any number of streams when the limit is off", arguments: ["0", "off"])
    func unlimited(value: String) {
        let (options, warnings) = AgentOptions.fromEnvironment(["TELEGEN_CARDINALITY_LIMIT": value])
        #expect(warnings.isEmpty && options.cardinalityLimit == nil)
    }

    @Test(
        "the HTTP API listens where it is told, or nowhere",
        arguments: ["127.0.0.1:80", "[::1]:8080", "localhost:1", "off"])
    func listen(address: String) {
        let (options, warnings) = AgentOptions.fromEnvironment(["TELEGEN_LISTEN": address])
        #expect(warnings.isEmpty && options.http?.address.description == (address == "off" ? nil : address))
        #expect(options.http?.refusal == nil)
    }

    @Test("beyond this machine it listens with TLS and tokens alone, or without TLS when told so by name")
    func remote() {
        let (tokens, tls) = (["TELEGEN_TOKENS": "/t"], ["TELEGEN_TLS_CERT": "/c", "TELEGEN_TLS_KEY": "/k"])
        let plain = ["TELEGEN_API_ALLOW": "remote-plain"]
        for (environment, needed) in [
            ([:], "TELEGEN_TOKENS"), (tls, "TELEGEN_TOKENS"), (plain, "TELEGEN_TOKENS"), (tokens, "TELEGEN_TLS_CERT"),
            (tokens.merging(tls) { $1 }, nil), (tokens.merging(plain) { $1 }, nil),
        ] {
            let all = environment.merging(["TELEGEN_LISTEN": "0.0.0.0:8080"]) { $1 }
            let refusal = AgentOptions.fromEnvironment(all).options.http?.refusal
            #expect((refusal == nil) == (needed == nil) && refusal?.contains(needed ?? "") != false, "\(environment)")
        }
    }

    @Test(
        "half of what TLS needs is no reason to listen in plain text",
        arguments: ["TELEGEN_TLS_CERT", "TELEGEN_TLS_KEY", "TELEGEN_TLS_CLIENT_CA"])
    func halfTLS(name: String) {
        let (options, warnings) = AgentOptions.fromEnvironment([name: "/x"])
        #expect(options.http == nil && warnings.count == 1 && warnings[0].contains("go together"))
    }

    @Test("what the command line says of the collector beats CONFIG_DB, which beats the environment")
    func precedence() throws {
        let (options, _) = AgentOptions.fromEnvironment(["OTEL_EXPORTER_OTLP_ENDPOINT": "env:1"])
        var row = GlobalRow()
        #expect("\(try options.exporter.applying(row, fixed: .init()).endpoint)".contains("env:1"))
        row.otlpEndpoint = "row:2"
        #expect("\(try options.exporter.applying(row, fixed: .init()).endpoint)".contains("row:2"))
        var fixed = AgentOptions.FixedSettings()
        fixed.otlpEndpoint = "line:3"
        #expect("\(try options.exporter.applying(row, fixed: fixed).endpoint)".contains("line:3"))
    }
}
