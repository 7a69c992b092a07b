/// The text of an OTLP collector's address: `[http[s]://]host[:port][/path]`.
enum CollectorEndpoint {
    /// Whether `text` is one; the host is a name, an IPv4 address or an IPv6 address in brackets.
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= 255, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return false }
        let scheme = ["http://", "https://"].first { text.hasPrefix($0) } ?? ""
        let authority = text.dropFirst(scheme.count).prefix { $0 != "/" }
        let hostEnd = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
        let portStart = authority[(hostEnd ?? authority.startIndex)...].firstIndex(of: ":") ?? authority.endIndex
        return isHost(authority[..<portStart]) && isPort(authority[portStart...])
    }

    private static func isHost(_ text: Substring) -> Bool {
        if text.hasPrefix("[") { return text.hasSuffix("]") && IPv6Address(text.dropFirst().dropLast()) != nil }
        return !text.isEmpty && text.utf8.allSatisfy { $0.isAlphanumeric || "._-".utf8.contains($0) }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || UInt16(plainDecimal: text.dropFirst()).map { $0 > 0 } == true
    }
}
