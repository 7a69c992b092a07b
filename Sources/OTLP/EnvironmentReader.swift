/// Reads environment variables and collects warnings about those that make no sense.
struct EnvironmentReader {
    private let environment: [String: String]
    private(set) var warnings: [String] = []

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The first of `names` that is set and can be parsed.
    mutating func read<Value>(_ names: [String], parse: (String) throws(BadValue) -> Value) -> Value? {
        for name in names {
            guard let value = value(name) else { continue }
            do {
                return try parse(value)
            } catch {
                warnings.append("\(name)=\(value.prefix(200)): \(error.reason); ignored")
            }
        }
        return nil
    }

    /// `OTEL_EXPORTER_OTLP_METRICS_` or, failing that, `OTEL_EXPORTER_OTLP_` and the name.
    mutating func readOTLP<Value>(_ name: String, parse: (String) throws(BadValue) -> Value) -> Value? {
        read(["OTEL_EXPORTER_OTLP_METRICS_\(name)", "OTEL_EXPORTER_OTLP_\(name)"], parse: parse)
    }

    /// The headers that can be sent. The warnings about the others keep their values to
    /// themselves, because headers carry passwords.
    mutating func readHeaders() -> [ExporterSettings.Header] {
        let names = ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"]
        guard let name = names.first(where: { value($0) != nil }), let text = value(name) else { return [] }
        var headers: [ExporterSettings.Header] = []
        for entry in text.split(separator: ",") where !entry.allSatisfy(\.isWhitespace) {
            do {
                headers.append(try parseHeader(entry))
            } catch {
                warnings.append("\(name): \(error.reason); header ignored")
            }
        }
        return headers
    }

    private func value(_ name: String) -> String? {
        let value = environment[name]?.trimmed
        return value?.isEmpty == false ? value : nil
    }
}

/// What is wrong with a value.
struct BadValue: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
