import ArgumentParser
import HTTPAPI

/// Where an agent's HTTP API is: `http://host:port`, `https://host:port`, or `unix:/path`.
struct RemoteAddress {
    /// As AsyncHTTPClient takes it, without a slash at its end.
    let url: String
    /// As it was given.
    let text: String

    /// Whether what is sent there leaves this machine as it is.
    var isReadable: Bool { url.hasPrefix("http://") && !Host.isOwn(authority) }

    private var authority: String { String(url.dropFirst("http://".count).prefix { $0 != "/" }) }

    init(_ text: String) throws(ValidationError) {
        let problem = ValidationError(
            "--url \(text.prefix(120).debugDescription): must be http://HOST:PORT, https://HOST:PORT or unix:/PATH")
        self.text = text
        if text.hasPrefix("unix:/") {
            url = "http+unix://" + text.dropFirst(5).utf8.map(Self.escaped).joined()
            return
        }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["http", "https"].contains(parts[0]), let host = parts[1].first, host != "/",
            !parts[1].contains(where: { $0.isWhitespace || $0 == "@" || $0 == "?" || $0 == "#" }), text.utf8.count < 512
        else { throw problem }
        url = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// Percent-encoded, but for what RFC 3986 leaves as it is.
    private static func escaped(_ byte: UInt8) -> String {
        let character = Character(Unicode.Scalar(byte))
        if character.isASCII, character.isLetter || character.isNumber || "-._~".contains(character) {
            return String(character)
        }
        return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
