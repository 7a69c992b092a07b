import OTLP
import Testing

struct EnvironmentTests {
    private func read(_ environment: [String: String]) -> ExporterSettings {
        let (settings, warnings) = ExporterSettings.fromEnvironment(environment)
        #expect(warnings == [])
        return settings
    }

    @Test("An empty environment means the defaults: grpc to localhost:4317, every 10 s, for 10 s")
    func defaults() {
        let settings = read([:])
        #expect(settings == ExporterSettings())
        #expect(settings.transport == .grpc)
        #expect(settings.destination == "localhost:4317")
        #expect(settings.interval == .seconds(10))
        #expect(settings.exportTimeout == .seconds(10))
        #expect(settings.timeout == .seconds(10))
        #expect(settings.serviceName == "telegen-sonic")
    }

    @Test("Empty and blank is unset")
    func emptyIsUnset() {
        let names = [
            "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_METRIC_EXPORT_INTERVAL",
            "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_INSECURE",
        ]
        #expect(read(Dictionary(uniqueKeysWithValues: names.map { ($0, "") })) == ExporterSettings())
        #expect(read(Dictionary(uniqueKeysWithValues: names.map { ($0, " ") })) == ExporterSettings())
    }

    @Test("Only true disables, in any case")
    func disabled() {
        #expect(read(["OTEL_SDK_DISABLED": "TRUE"]).isDisabled)
        #expect(!read(["OTEL_SDK_DISABLED": "false"]).isDisabled)
        let (settings, warnings) = ExporterSettings.fromEnvironment(["OTEL_SDK_DISABLED": "1"])
        #expect(!settings.isDisabled)
        #expect(warnings == ["OTEL_SDK_DISABLED=1: true or false is allowed; ignored"])
    }

    @Test("Times are milliseconds")
    func times() {
        let settings = read([
            "OTEL_METRIC_EXPORT_INTERVAL": "250", "OTEL_METRIC_EXPORT_TIMEOUT": "20", "OTEL_EXPORTER_OTLP_TIMEOUT": "3",
        ])
        #expect(settings.interval == .milliseconds(250))
        #expect(settings.exportTimeout == .milliseconds(20))
        #expect(settings.timeout == .milliseconds(3))
    }

    @Test("A bad time is named in a warning and as good as unset", arguments: ["0", "-1", "10s", "1.5", "99999999999"])
    func badTime(text: String) {
        let (settings, warnings) = ExporterSettings.fromEnvironment(["OTEL_METRIC_EXPORT_INTERVAL": text])
        #expect(settings == ExporterSettings())
        #expect(
            warnings == ["OTEL_METRIC_EXPORT_INTERVAL=\(text): milliseconds are allowed, 1 to 86400000; ignored"])
    }

    @Test("The METRICS variable beats the general one, and leaves the word to it when it is bad")
    func precedence() {
        let general = ["OTEL_EXPORTER_OTLP_ENDPOINT": "general:1", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": ""]
        #expect(read(general).endpoint.description == "general:1")
        let specific = general.merging(["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "metrics:2"]) { $1 }
        #expect(read(specific).endpoint.description == "metrics:2")
        let bad = general.merging(["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "metrics:x"]) { $1 }
        let (settings, warnings) = ExporterSettings.fromEnvironment(bad)
        #expect(settings.endpoint.description == "general:1")
        #expect(
            warnings == [
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=metrics:x: has a port that is not in 1..65535; ignored"
            ])
    }

    @Test("The transport, compression and files are taken over")
    func connection() {
        let settings = read([
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_INSECURE": "False", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/ca.pem",
            "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/key.pem", "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE": "/c.pem",
        ])
        #expect(settings.transport == .httpProtobuf)
        #expect(settings.compression == .gzip)
        #expect(settings.isInsecure == false)
        #expect(
            settings.tls == .init(certificate: "/ca.pem", clientCertificate: "/c.pem", clientKey: "/key.pem"))
    }

    @Test("An unknown transport or compression is named with what is allowed")
    func badChoice() {
        let (settings, warnings) = ExporterSettings.fromEnvironment([
            "OTEL_EXPORTER_OTLP_PROTOCOL": "thrift", "OTEL_EXPORTER_OTLP_COMPRESSION": "zstd",
        ])
        #expect(settings == ExporterSettings())
        #expect(
            warnings == [
                "OTEL_EXPORTER_OTLP_PROTOCOL=thrift: allowed are grpc, http/protobuf, http/json; ignored",
                "OTEL_EXPORTER_OTLP_COMPRESSION=zstd: allowed are none, gzip; ignored",
            ])
    }

    @Test("Temporality and the form of histograms are taken over, in any case")
    func forms() {
        let name = "OTEL_EXPORTER_OTLP_METRICS_"
        #expect(read(["\(name)TEMPORALITY_PREFERENCE": "Delta"]).temporality == .delta)
        #expect(read(["\(name)TEMPORALITY_PREFERENCE": "lowmemory"]).temporality == .lowMemory)
        #expect(read(["\(name)TEMPORALITY_PREFERENCE": "Cumulative"]) == ExporterSettings())
        let exponential = "base2_exponential_bucket_histogram"
        #expect(read(["\(name)DEFAULT_HISTOGRAM_AGGREGATION": exponential]).histograms == .exponential)
        let (settings, warnings) = ExporterSettings.fromEnvironment(["\(name)TEMPORALITY_PREFERENCE": "monthly"])
        #expect(settings == ExporterSettings())
        #expect(
            warnings == ["\(name)TEMPORALITY_PREFERENCE=monthly: allowed are cumulative, delta, lowmemory; ignored"])
    }

    @Test("Each transport has its exporter, and a disabled SDK has none")
    func targets() {
        for (transport, destination) in [
            ("grpc", "localhost:4317"), ("http/protobuf", "http://localhost:4318/v1/metrics"),
            ("http/json", "http://localhost:4318/v1/metrics"),
        ] {
            guard
                case .exporter(let exporter) = read(["OTEL_EXPORTER_OTLP_PROTOCOL": transport]).makeTarget(version: "1")
            else { return #expect(Bool(false), "no exporter for \(transport)") }
            #expect(exporter.destination == destination)
        }
        guard case .disabled = read(["OTEL_SDK_DISABLED": "true"]).makeTarget(version: "1")
        else { return #expect(Bool(false), "not disabled") }
    }

    @Test("A client key without its certificate is an error, and so is the reverse")
    func halfAPair() {
        for name in ["CLIENT_KEY", "CLIENT_CERTIFICATE"] {
            let settings = read(["OTEL_EXPORTER_OTLP_\(name)": "/x.pem"])
            guard case .invalid(let reason) = settings.makeTarget(version: "1") else {
                return #expect(Bool(false), "\(name) alone is accepted")
            }
            #expect(reason.hasPrefix("OTEL_EXPORTER_OTLP_\(name) without OTEL_EXPORTER_OTLP_CLIENT_"))
        }
    }

    @Test("Certificates that cannot be read are an error, never plain text")
    func missingCertificate() {
        for (transport, destination) in [
            ("grpc", "localhost:4317"), ("http/protobuf", "https://localhost:4318/v1/metrics"),
        ] {
            let settings = read([
                "OTEL_EXPORTER_OTLP_PROTOCOL": transport, "OTEL_EXPORTER_OTLP_CERTIFICATE": "/does/not/exist.pem",
            ])
            guard case .invalid(let reason) = settings.makeTarget(version: "1") else {
                return #expect(Bool(false), "a missing certificate is accepted")
            }
            #expect(reason.hasPrefix("TLS for \(destination): "))
            #expect(reason.hasSuffix("; check the certificate and key files"))
        }
    }
}
