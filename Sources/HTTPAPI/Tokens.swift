import Crypto
import FoundationEssentials
import Logging
import Synchronization

/// What whoever asks may do.
public enum Role: String, CaseIterable, Sendable {
    /// To look.
    case readOnly = "read-only"
    /// Everything.
    case `operator`
}

/// Who may ask: the file of tokens (`TELEGEN_TOKENS`), which is read again whenever it changes.
///
/// Each of its lines is a role and the SHA-256 of a token in hexadecimal: who reads the file cannot enter by it. Without a
/// file everybody who reaches the agent has the operator's role.
public final class Tokens: Sendable {
    private let path: String?
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var isRead = false
        /// Nil: the file cannot be read.
        var version: FileVersion?
        var roles: [String: Role] = [:]
    }

    private static let maximumSize = 1 << 20

    public init(path: String?, logger: Logger) {
        (self.path, self.logger) = (path, logger)
        if path != nil { _ = roles() }
    }

    /// - Parameter authorization: the header's value.
    /// - Returns: nil when it has no token of the file.
    func role(_ authorization: String?) -> Role? {
        guard path != nil else { return .operator }
        let words = (authorization ?? "").split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return roles()[Self.hash(of: String(words[1]))]
    }

    /// The hash by which a token is known, in hexadecimal.
    public static func hash(of token: String) -> String {
        SHA256.hash(data: Data(token.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// A new token: 256 bits that nobody can guess, as text.
    public static func random() -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        return "tgs_" + Data(bytes).base64EncodedString().map { ["+": "-", "/": "_"][$0] ?? $0 }.filter { $0 != "=" }
    }

    private func roles() -> [String: Role] {
        guard let path else { return [:] }
        let version = FileVersion(path)
        return state.withLock { state in
            guard !state.isRead || state.version != version else { return state.roles }
            state.roles = read(path, version)
            (state.isRead, state.version) = (true, version)
            return state.roles
        }
    }

    private func read(_ path: String, _ version: FileVersion?) -> [String: Role] {
        guard let (roles, wrong) = Self.load(path, version) else {
            logger.error("nobody can use the HTTP API: \(Self.unreadable(path))")
            return [:]
        }
        for line in wrong.prefix(8) { logger.error("\(Self.wrong(path, line: line))") }
        logger.notice("\(roles.count) tokens may use the HTTP API")
        return roles
    }

    /// What is wrong with the file at `path`; nil: nothing. Reads it.
    static func problem(_ path: String) -> String? {
        guard let (roles, wrong) = load(path, FileVersion(path)) else { return unreadable(path) }
        if let line = wrong.first { return self.wrong(path, line: line) }
        return roles.isEmpty ? "TELEGEN_TOKENS=\(path): has no token" : nil
    }

    private static func unreadable(_ path: String) -> String {
        "TELEGEN_TOKENS=\(path) cannot be read, or has more than 1 MiB"
    }

    private static func wrong(_ path: String, line: Int) -> String {
        "TELEGEN_TOKENS=\(path), line \(line): must be read-only or operator, and 64 hexadecimal digits"
    }

    private static func load(_ path: String, _ version: FileVersion?) -> (roles: [String: Role], wrong: [Int])? {
        guard let version, version.size <= maximumSize, let data = FileManager.default.contents(atPath: path) else {
            return nil
        }
        return parse(String(decoding: data, as: UTF8.self))
    }

    /// Roles by hash, and the numbers of lines that are neither a token nor a comment.
    static func parse(_ text: String) -> (roles: [String: Role], wrong: [Int]) {
        var (roles, wrong) = ([String: Role](), [Int]())
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            if words.isEmpty { continue }
            guard words.count == 2, let role = Role(rawValue: String(words[0])), words[1].utf8.count == 64,
                words[1].allSatisfy(\.isHexDigit)
            else {
                wrong.append(index + 1)
                continue
            }
            roles[words[1].lowercased()] = role
        }
        return (roles, wrong)
    }
}
