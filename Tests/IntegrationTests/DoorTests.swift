import Foundation
import HTTPAPI
import Testing
import Traffic

/// Who gets in from where, and what Prometheus is told.
@Suite("The doors of the agent", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct DoorTests {
    /// The status of what curl is answered; empty when there is no answer.
    private func status(_ namespace: Namespace, _ arguments: [String]) async -> String {
        let command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}"]
        return (try? await namespace.run(command + arguments)) ?? ""
    }

    private let start = [
        "-X", "POST", "-H", "Content-Type: application/json", "-d", #"{"port": "Ethernet0", "job_id": "far"}"#,
    ]

    @Test("from elsewhere: without TLS, a client's certificate or a token nobody enters; renewed files act at once")
    func remote() async throws {
        try await withTemporaryFolder { folder in
            let files = try await Certificate.make(in: folder)
            let (look, act) = (Tokens.random(), Tokens.random())
            let lines = "read-only \(Tokens.hash(of: look))\noperator \(Tokens.hash(of: act))\n"
            try Data(lines.utf8).write(to: URL(filePath: folder + "/tokens"))
            try FileManager.default.copyItem(atPath: files.certificate, toPath: folder + "/clients.pem")
            let environment = [
                "TELEGEN_LISTEN": "0.0.0.0:8080", "TELEGEN_TOKENS": folder + "/tokens",
                "TELEGEN_TLS_CERT": files.certificate, "TELEGEN_TLS_KEY": files.key,
                "TELEGEN_TLS_CLIENT_CA": folder + "/clients.pem",
            ]
            try FileManager.default.copyItem(atPath: files.key, toPath: folder + "/client.key")
            try await AgentUnderTest.run(environment) { agent in
                try await agent.withCollector { far in
                    let way = ["--connect-to", "localhost:8080:\(Collector.agentAddress):8080"]
                    let client = ["--cert", folder + "/clients.pem", "--key", folder + "/client.key"]
                    func ask(_ more: [String], token: String? = nil, authority: String? = nil) async -> String {
                        let header = token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
                        let trust = ["--cacert", authority ?? files.certificate]
                        return await status(far.namespace, way + trust + header + more)
                    }
                    let (jobs, new) = ("https://localhost:8080/jobs", "https://localhost:8080/jobs/start")
                    try await eventually("it listens") { await ask(client + [jobs], token: look) == "200" }
                    #expect(agent.log.contains("listening on 0.0.0.0:8080 with TLS"))
                    #expect(await ask([jobs], token: act) != "200", "no certificate")
                    #expect(await ask(["http://localhost:8080/jobs"], token: act) != "200", "plain text")
                    #expect(await ask(client + [jobs]) == "401")
                    #expect(await ask(client + [jobs], token: Tokens.random()) == "401")
                    #expect(await ask(client + start + [new], token: look) == "403")
                    #expect(await ask(client + start + [new], token: act) == "201")
                    try await agent.wait("far", is: "running")

                    try FileManager.default.removeItem(atPath: files.certificate)
                    #expect(await ask(client + [jobs], token: look, authority: folder + "/clients.pem") == "200")
                    _ = try await Certificate.make(in: folder)
                    #expect(await ask(client + [jobs], token: look) == "200", "the new certificate")
                    #expect(await ask(client + [jobs], token: look, authority: folder + "/clients.pem") != "200")
                }
            }
        }
    }

    @Test("a Unix socket is for the group that is named, in the mode that is asked for")
    func socket() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/api.sock"
            let environment = [
                "TELEGEN_LISTEN": "unix:\(path)", "TELEGEN_LISTEN_MODE": "0660", "TELEGEN_LISTEN_GROUP": "daemon",
            ]
            try await AgentUnderTest.run(environment) { agent in
                try await eventually("it listens") {
                    await status(agent.namespace, ["--unix-socket", path, "http://localhost/jobs"]) == "200"
                }
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o660)
                #expect(attributes[.groupOwnerAccountName] as? String == "daemon")
            }
        }
    }

    @Test("however many connections somebody holds without a word, others are answered")
    func idle() async throws {
        try await AgentUnderTest.run { agent in
            let health = ["http://127.0.0.1:8080/healthz"]
            try await eventually("it listens") { await status(agent.namespace, health) == "200" }
            let held = try agent.namespace.inside { try (0..<400).map { _ in try Loopback.connection(to: 8080) } }
            defer { for socket in held { close(socket) } }
            for _ in 0..<5 { #expect(await status(agent.namespace, health) == "200") }
        }
    }

    @Test("Prometheus is told every packet, and how exporting goes, under the names of OTLP's metrics")
    func metrics() async throws {
        let environment = ["OTEL_SDK_DISABLED": "", "OTEL_METRIC_EXPORT_INTERVAL": "200"]
        try await AgentUnderTest.run(environment) { agent in
            try await agent.write("m", ["port": "Ethernet0"])
            try await agent.wait("m", is: "running")
            let sent = try await agent.send(1000)
            try await agent.wait("m", hasCounted: sent.packets)
            func sums() async throws -> [Substring: UInt64] {
                let text = try await agent.namespace.run(["curl", "-sS", "http://127.0.0.1:8080/metrics"])
                let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                return Dictionary(
                    samples.map { line in
                        (line.prefix { $0 != "{" }, line.split(separator: " ").last.flatMap { UInt64($0) } ?? 0)
                    }, uniquingKeysWith: +)
            }
            try await eventually("all are told") { try await sums()["bpf_packets_total"] == sent.packets }
            let told = try await sums()
            #expect(told["bpf_bytes_count"] == sent.packets && told["bpf_bytes_sum"] == sent.bytes)
            #expect(told["target_info"] == 1)
            // Nobody listens.
            try await eventually("failed exports are told") {
                try await sums()["otel_sdk_exporter_operation_duration_seconds_count"] ?? 0 > 0
            }
            #expect(await status(agent.namespace, ["-I", "http://127.0.0.1:8080/metrics"]) == "200")
        }
    }
}
