import ArgumentParser
import HTTPAPI

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a token for the HTTP API.",
        discussion:
            "The token is for whoever asks; the line is for the agent's file TELEGEN_TOKENS, and tells nobody the token."
    )

    @Argument(help: "What its owner may do: read-only or operator.")
    var role: String

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard Role(rawValue: role) != nil else { throw ValidationError("\(role): must be read-only or operator") }
    }

    func run() {
        let token = Tokens.random()
        let line = "\(role) \(Tokens.hash(of: token))"
        let members: JSON = ["token": .string(token), "line": .string(line)]
        print(json ? String(decoding: members.bytes, as: UTF8.self) : "token: \(token)\nline:  \(line)")
    }
}
