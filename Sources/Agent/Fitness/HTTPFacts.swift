/// What there is of the HTTP API, whether an agent runs or not.
struct HTTPFacts: Hashable, Sendable {
    /// For people.
    var address: String
    /// Why the agent does not listen there by itself (`HTTPSettings.refusal`).
    var refusal: String?
    /// What is wrong with the files of TLS and tokens.
    var fileProblem: String?
    var sign = Sign.silence

    enum Sign: Hashable, Sendable {
        /// `/healthz` says that all is well.
        case health
        /// Somebody accepts connections; what, only those who have a certificate may ask.
        case listener
        /// Nobody is there.
        case silence
        /// Nobody is there, and the agent could not be either; or somebody else is.
        case obstacle(String)
    }
}

extension Finding {
    /// - Parameter facts: nil: `TELEGEN_LISTEN` is off, or half of the TLS files is not named.
    static func http(_ facts: HTTPFacts?, agentIsAlive: Bool) -> [Finding] {
        let name = "HTTP"
        guard let facts else { return [ok(name, "the agent does not listen (TELEGEN_LISTEN)")] }
        if let refusal = facts.refusal { return [fail(name, refusal, "set what is missing, or TELEGEN_LISTEN=off")] }
        let files = facts.fileProblem.map {
            fail("HTTP files", $0, "correct the file, or unset the variable; the API lets nobody in meanwhile")
        }
        return [http(facts.address, facts.sign, agentIsAlive)] + (files.map { [$0] } ?? [])
    }

    private static func http(_ address: String, _ sign: HTTPFacts.Sign, _ agentIsAlive: Bool) -> Finding {
        let name = "HTTP"
        switch (sign, agentIsAlive) {
        case (.health, true): return ok(name, "\(address) answers")
        case (.listener, true): return ok(name, "\(address) accepts connections, and asks for certificates")
        case (.silence, false): return ok(name, "\(address) is free")
        case (.silence, true):
            return warn(
                name, "an agent runs, and nobody is at \(address)",
                "check with the agent's environment; if that is this one, see its log")
        case (.health, false), (.listener, false):
            return warn(
                name, "somebody is at \(address), and STATE_DB knows of no agent",
                "if that is no agent, end it or set TELEGEN_LISTEN")
        case (.obstacle(let reason), _):
            return warn(
                name, "\(address): \(reason)", "set TELEGEN_LISTEN to another address, or to off; jobs count without")
        }
    }
}
