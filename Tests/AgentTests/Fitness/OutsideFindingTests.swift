import Testing

@testable import Agent

@Suite("What check says of the HTTP API, the collector and the environment")
struct OutsideFindingTests {
    @Test(
        "with an agent somebody answers, without one nobody is there",
        arguments: [
            (HTTPFacts.Sign.health, true, Finding.Status.ok), (.listener, true, .ok), (.silence, false, .ok),
            (.silence, true, .warn), (.health, false, .warn), (.listener, false, .warn),
            (.obstacle("Address already in use"), false, .warn), (.obstacle("Address already in use"), true, .warn),
        ])
    func signs(sign: HTTPFacts.Sign, agentIsAlive: Bool, status: Finding.Status) {
        let findings = Finding.http(HTTPFacts(address: "127.0.0.1:8080", sign: sign), agentIsAlive: agentIsAlive)
        #expect(findings.map(\.status) == [status] && findings[0].found.contains("127.0.0.1:8080"))
        #expect((findings[0].remedy == nil) == (status == .ok))
        if case .obstacle(let reason) = sign { #expect(findings[0].found.contains(reason)) }
    }

    @Test("settings that the agent refuses fail alone, files that it cannot use fail beside what is there")
    func refused() {
        #expect(Finding.http(nil, agentIsAlive: true).map(\.status) == [.ok])
        let refused = HTTPFacts(address: "0.0.0.0:80", refusal: "not listening", fileProblem: "x", sign: .obstacle("y"))
        #expect(Finding.http(refused, agentIsAlive: true).map(\.found) == ["not listening"])
        #expect(Finding.http(refused, agentIsAlive: true).map(\.status) == [.fail])
        let files = HTTPFacts(address: "[::1]:80", fileProblem: "TELEGEN_TOKENS=/t: has no token", sign: .silence)
        let findings = Finding.http(files, agentIsAlive: false)
        #expect(findings.map(\.status) == [.ok, .fail] && findings[1].found == files.fileProblem)
    }

    @Test("a collector that is not reached is a warning that says what to set, and that counting needs none")
    func collector() {
        #expect(Finding.collector("localhost:4317", nil).status == .ok)
        let finding = Finding.collector("localhost:4317", "Connection refused")
        #expect(finding.status == .warn && finding.found == "localhost:4317: Connection refused")
        for word in ["otlp_endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "counting needs none"] {
            #expect(finding.remedy?.contains(word) == true)
        }
    }

    @Test("each warning of the environment is a finding")
    func environment() {
        #expect(Finding.settings([]).map(\.status) == [.ok])
        let findings = Finding.settings(["A=x: must be y; ignored", "B"])
        #expect(findings.map(\.status) == [.warn, .warn] && findings.map(\.found) == ["A=x: must be y; ignored", "B"])
    }

    @Test("a machine is fit when nothing fails")
    func fit() {
        let (fine, warning, failure) = (Finding.kernel("6.6"), Finding.agent(.none), Finding.kernel("4.4"))
        #expect(Finding.late("kernel").status == .warn && Finding.late("kernel").name == "kernel")
        #expect(Fitness(findings: [fine, warning]).isFit && !Fitness(findings: [fine, warning, failure]).isFit)
    }
}
