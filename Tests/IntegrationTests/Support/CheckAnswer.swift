import HTTPAPI
import Testing

/// What `check --json` says, by the requirements' names.
struct CheckAnswer {
    let code: Int32
    let fit: Bool
    private(set) var statuses: [String: String] = [:]
    private(set) var found: [String: String] = [:]
    private(set) var remedies: [String: String] = [:]
    /// What was found that is not as it should be.
    var troubles: [String: String] { found.filter { statuses[$0.key] != "ok" } }

    init(_ code: Int32, _ json: JSON) throws {
        self.code = code
        fit = json["fit"] == .bool(true)
        try #require(fit || json["fit"] == .bool(false))
        let checks = json.array("checks")
        try #require(!checks.isEmpty)
        for check in checks {
            guard case .object(let members) = check else { throw CancellationError() }
            #expect(Set(members.keys) == ["name", "status", "found", "remedy"] && !check.text("found").isEmpty)
            #expect((members["remedy"] == .null) == (check.text("status") == "ok"))
            let name = check.text("name")
            (statuses[name], found[name], remedies[name]) = (
                check.text("status"), check.text("found"), check.text("remedy")
            )
        }
    }
}

extension AgentUnderTest {
    /// A heartbeat is fresh for three status intervals, in which even a starved agent has its turn.
    func beat(every interval: Int) async throws {
        _ = try await config.send(["HSET", "TELEGEN|global", "status_interval", "\(interval)"])
    }

    /// - Parameter timeout: in seconds; far more than it takes on the slowest machine.
    func check(_ environment: [String: String] = [:], timeout: Int = 600) async throws -> CheckAnswer {
        let (code, output) = try await command(
            ["check", "--json", "--timeout", "\(timeout)"], environment: environment)
        return try CheckAnswer(code, JSON(Array(output.utf8)))
    }
}
