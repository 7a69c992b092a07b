import OTLP
import Testing

struct EndpointTests {
    @Test(
        "An endpoint is read as people write it",
        arguments: [
            ("localhost", Endpoint(address: .host("localhost", port: 4317))),
            ("collector.example:9", Endpoint(address: .host("collector.example", port: 9))),
            ("10.0.0.1:65535", Endpoint(address: .host("10.0.0.1", port: 65535))),
            ("[::1]", Endpoint(address: .host("::1", port: 4317))),
            ("[fe80::1%eth0]:5", Endpoint(address: .host("fe80::1%eth0", port: 5))),
            ("http://host", Endpoint(address: .host("host", port: 4317), encrypted: false)),
            ("http://host:1/", Endpoint(address: .host("host", port: 1), encrypted: false)),
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
            ("http://host:4318/v1/metrics", "has a path"), ("https://host?x", "has a path"),
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
                http://host:port, https://host:port, dns:///host:port and unix:/path
                """)
    }

    @Test(
        "An endpoint is shown as it can be written",
        arguments: ["localhost:4317", "http://a:1", "https://[::1]:2", "unix:/run/x"])
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
}
