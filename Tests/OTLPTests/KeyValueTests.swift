import OTLP
import Testing

struct KeyValueTests {
    private func attributes(_ text: String) -> (attributes: [Attribute], warnings: [String]) {
        let (settings, warnings) = ExporterSettings.fromEnvironment(["OTEL_RESOURCE_ATTRIBUTES": text])
        return (settings.resourceAttributes, warnings)
    }

    private func headers(_ text: String) -> (headers: [String: String], warnings: [String]) {
        let (settings, warnings) = ExporterSettings.fromEnvironment(["OTEL_EXPORTER_OTLP_HEADERS": text])
        return (Dictionary(uniqueKeysWithValues: settings.headers.map { ($0.name, $0.value) }), warnings)
    }

    @Test("Resource attributes are trimmed and percent-decoded")
    func resourceAttributes() {
        let (read, warnings) = attributes(" rack = a%20b%2Cc ,site=M%c3%bcnchen,empty=,eq=a=b,")
        #expect(
            read == [
                Attribute("rack", "a b,c"), Attribute("site", "München"), Attribute("empty", ""),
                Attribute("eq", "a=b"),
            ])
        #expect(warnings == [])
    }

    @Test("Of two attributes with one key the later stays")
    func duplicates() {
        #expect(attributes("a=1,b=2,a=3").attributes == [Attribute("b", "2"), Attribute("a", "3")])
    }

    @Test(
        "Any error discards all of the resource attributes, with a warning",
        arguments: ["a=1,b", "a=1,=2", "a=1,b=%4", "a=1,b=%zz", "a=1,b=%ff", "a=1,b=%"])
    func badResourceAttributes(text: String) {
        let (read, warnings) = attributes(text)
        #expect(read == [])
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("OTEL_RESOURCE_ATTRIBUTES=\(text): ") == true)
    }

    @Test("OTEL_SERVICE_NAME beats service.name, which beats the default")
    func serviceName() {
        var environment = ["OTEL_RESOURCE_ATTRIBUTES": "service.name=a,x=y"]
        #expect(ExporterSettings.fromEnvironment(environment).settings.serviceName == "a")
        #expect(ExporterSettings.fromEnvironment(environment).settings.resourceAttributes == [Attribute("x", "y")])
        environment["OTEL_SERVICE_NAME"] = "b"
        #expect(ExporterSettings.fromEnvironment(environment).settings.serviceName == "b")
    }

    @Test("The resource is what was detected, what the user says over it, and the service's name")
    func resource() {
        var settings = ExporterSettings()
        settings.resourceAttributes = [Attribute("host.name", "mine")]
        let detected = [Attribute("host.name", "found"), Attribute("os.type", "linux")]
        #expect(
            settings.resource(detected: detected).attributes == [
                Attribute("os.type", "linux"), Attribute("host.name", "mine"),
                Attribute("service.name", "telegen-sonic"),
            ])
    }

    @Test("Headers are split at the first =, decoded, and have lower-case names")
    func wellFormedHeaders() {
        let (read, warnings) = headers("Authorization = Basic%20YTpi== ,X-Tenant=1")
        #expect(read == ["authorization": "Basic YTpi==", "x-tenant": "1"])
        #expect(warnings == [])
    }

    @Test(
        "A bad header is left out, and its value is not told",
        arguments: [
            "secret", "=secret", "a b=secret", "x=%zzsecret", "x=secret%0a", "grpc-timeout=secret", "x-bin=secret",
            "user-agent=secret", "Host=secret",
        ])
    func badHeaders(entry: String) {
        let (read, warnings) = headers("good=1,\(entry)")
        #expect(read == ["good": "1"])
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("OTEL_EXPORTER_OTLP_HEADERS: ") == true)
        #expect(warnings.first?.contains("secret") == false)
    }

    @Test("Headers for metrics replace the general ones")
    func metricsHeaders() {
        let (settings, _) = ExporterSettings.fromEnvironment([
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_METRICS_HEADERS": "b=2",
        ])
        #expect(settings.headers == [.init(name: "b", value: "2")])
    }
}
