import OTLP
import Testing

struct EndpointTests {
    @Test(
        "An endpoint is read as people write it",
        arguments: [
            ("localhost", Endpoint(address: .host("localhost", port: nil))),
            ("collector.example:9", Endpoint(address: .host("collector.example", port: 9))),
            ("10.0.0.1:65535", Endpoint(address: .host("10.0.0.1", port: 65535))),
            ("[::1]", Endpoint(address: .host("::1", port: nil))),
            ("[fe80::1%eth0]:5", Endpoint(address: .host("fe80::1%eth0", port: 5))),
            ("http://host", Endpoint(address: .host("host", port: nil), encrypted: false)),
            ("http://host:1/", Endpoint(address: .host("host", port: 1), encrypted: false)),
            ("http://host/a/b%20c/", Endpoint(address: .host("host", port: nil), encrypted: false, path: "/a/b%20c")),
            ("HTTPS://[::1]:2", Endpoint(address: .host("::1", port: 2), encrypted: true)),
            ("dns:///my_host:3", Endpoint(address: .host("my_host", port: 3))),
            ("unix:/run/otlp.sock", Endpoint(address: .unix(path: "/run/otlp.sock"), encrypted: false)),
            ("unix:///run/otlp.sock", Endpoint(address: .unix(path: "/run/otlp.sock"), encrypted: false)),
        ])
    func isRead(text: String, endpoint: Endpoint) throws {
        #expect(try Endpoint(parsing: text) == endpoint)
    }

    @Test(
        "A text that is no endpoint is refused with its problem",
        arguments: [
            ("", "has no host"), (":4317", "has no host"), ("http://", "has no host"), ("dns:///", "has no host"),
            ("host:", "port"), ("host:0", "port"), ("host:65536", "port"), ("host:+1", "port"), ("host:x", "port"),
            ("::1", "without brackets"), ("[::1", "bad IPv6"), ("[host]:1", "bad IPv6"), ("[::1]x", "behind"),
            ("-host", "bad host name"), ("a..b", "bad host name"), ("user@host", "bad host name"),
            ("a b", "odd characters"), ("höst", "odd characters"), ("host\u{0}", "odd characters"),
            ("http://host:4318/a\"b", "must be encoded"), ("https://host?x", "has a query"),
            ("https://host/#x", "has a query"), ("host:4317/v1", "port"),
            ("ftp://host", "unknown scheme"), ("unix:", "has no path"),
            ("unix:/" + String(repeating: "x", count: 107), "longer than 107"),
            (String(repeating: "x", count: 301), "longer than 300"),
            (String(repeating: "x", count: 64), "bad host name"),
        ])
    func isRefused(text: String, problem: String) {
        let error = #expect(throws: EndpointError.self) { try Endpoint(parsing: text) }
        #expect(error?.problem.contains(problem) == true)
    }

    @Test("The error names the text and what is allowed")
    func errorIsHelpful() {
        let error = #expect(throws: EndpointError.self) { try Endpoint(parsing: "host:http") }
        #expect(
            error?.description == """
                endpoint "host:http": has a port that is not in 1..65535; allowed are host, host:port, [IPv6]:port, \
                http://host:port, https://host:port, dns:///host:port and unix:/path; HTTP takes a path behind the port
                """)
    }

    @Test(
        "An endpoint is shown as it can be written",
        arguments: ["localhost", "localhost:4317", "http://a:1/b/c", "https://[::1]:2", "unix:/run/x"])
    func isShown(text: String) throws {
        #expect(try Endpoint(parsing: text).description == text)
    }

    @Test("Without a scheme it is plain text, unless that is ruled out or a certificate is given")
    func encryption() throws {
        var settings = ExporterSettings()
        settings.endpoint = try Endpoint(parsing: "host:1")
        #expect(!settings.usesTLS)
        settings.isInsecure = false
        #expect(settings.usesTLS)
        settings.isInsecure = nil
        settings.tls.certificate = "ca.pem"
        #expect(settings.usesTLS)
        settings.isInsecure = true
        #expect(!settings.usesTLS)
    }

    @Test("A scheme has the last word on encryption")
    func schemeWins() throws {
        var settings = ExporterSettings()
        settings.endpoint = try Endpoint(parsing: "https://host")
        settings.isInsecure = true
        #expect(settings.usesTLS)
        settings.endpoint = try Endpoint(parsing: "http://host")
        settings.isInsecure = false
        settings.tls.certificate = "ca.pem"
        #expect(!settings.usesTLS)
    }

    @Test(
        "What is not said of where to is as collectors have it: 4317 for gRPC, 4318 and /v1/metrics for HTTP",
        arguments: [
            ("localhost", "localhost:4317", "http://localhost:4318/v1/metrics"),
            ("[::1]", "[::1]:4317", "http://[::1]:4318/v1/metrics"),
            ("host:1", "host:1", "http://host:1/v1/metrics"),
            ("http://host", "http://host:4317", "http://host/v1/metrics"),
            ("https://host:2", "https://host:2", "https://host:2/v1/metrics"),
            ("unix:/run/a b".replacing(" ", with: "_"), "unix:/run/a_b", "http+unix://%2Frun%2Fa_b/v1/metrics"),
        ])
    func destinations(text: String, grpc: String, http: String) throws {
        var settings = ExporterSettings()
        settings.endpoint = try Endpoint(parsing: text)
        #expect(settings.destination == grpc)
        settings.transport = .httpProtobuf
        #expect(settings.destination == http)
    }

    @Test("HTTP appends its path to the general endpoint's, and takes that of metrics as it is")
    func paths() throws {
        func url(_ name: String, _ value: String) -> String {
            ExporterSettings.fromEnvironment([
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_\(name)": value,
            ]).settings.destination
        }
        #expect(url("ENDPOINT", "http://host:1/otlp/") == "http://host:1/otlp/v1/metrics")
        #expect(url("METRICS_ENDPOINT", "http://host:1/write") == "http://host:1/write")
        #expect(url("METRICS_ENDPOINT", "http://host:1") == "http://host:1/")
    }

    @Test("gRPC takes no path")
    func noPath() throws {
        var settings = ExporterSettings()
        settings.endpoint = try Endpoint(parsing: "http://host:4318/v1/metrics")
        guard case .invalid(let reason) = settings.makeTarget(version: "1") else {
            return #expect(Bool(false), "a path is accepted")
        }
        #expect(
            reason == """
                endpoint "http://host:4318/v1/metrics": has a path; gRPC takes none, http/protobuf does
                """)
    }
}
