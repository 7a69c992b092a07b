#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

extension Endpoint {
    /// Reads an endpoint as people write it.
    public init(parsing text: String) throws(EndpointError) {
        do {
            self = try Self.parse(text)
        } catch {
            throw EndpointError(text: String(text.prefix(Self.longestText)), problem: error.text)
        }
    }

    /// What `sockaddr_un` has room for.
    private static let longestPath = 107
    private static let longestText = 300

    private static func parse(_ text: String) throws(Problem) -> Endpoint {
        guard text.utf8.count <= longestText else { throw Problem("longer than \(longestText) bytes") }
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw Problem("has spaces or other odd characters") }
        if let path = text.removing("unix:") { return try parse(path: path) }
        if let name = text.removing("dns:///") { return Endpoint(address: try parse(authority: name)) }
        if let url = text.removing("http://") { return try parse(url: url, encrypted: false) }
        if let url = text.removing("https://") { return try parse(url: url, encrypted: true) }
        guard !text.contains("://") else { throw Problem("has an unknown scheme") }
        return Endpoint(address: try parse(authority: text))
    }

    private static func parse(path: String) throws(Problem) -> Endpoint {
        let path = path.removing("//") ?? path
        guard !path.isEmpty else { throw Problem("has no path") }
        guard path.utf8.count <= longestPath else { throw Problem("has a path longer than \(longestPath) bytes") }
        return Endpoint(address: .unix(path: path), encrypted: false)
    }

    private static func parse(url: String, encrypted: Bool) throws(Problem) -> Endpoint {
        guard !url.contains(where: { "?#".contains($0) }) else { throw Problem("has a query or a fragment") }
        let slash = url.firstIndex(of: "/") ?? url.endIndex
        let path = url[slash...]
        guard path.utf8.allSatisfy(\.isOfPath) else { throw Problem("has a path with characters that must be encoded") }
        return Endpoint(
            address: try parse(authority: String(url[..<slash])), encrypted: encrypted,
            path: String(path.hasSuffix("/") ? path.dropLast() : path))
    }

    private static func parse(authority: String) throws(Problem) -> Address {
        if let bracketed = authority.removing("[") { return try parse(bracketed: bracketed) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw Problem("has an IPv6 address without brackets") }
        let host = String(parts[0])
        guard host.isHostName else { throw Problem(host.isEmpty ? "has no host" : "has a bad host name") }
        return .host(host, port: parts.count == 2 ? try parse(port: parts[1]) : nil)
    }

    private static func parse(bracketed: String) throws(Problem) -> Address {
        let parts = bracketed.split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, String(parts[0]).isIPv6 else { throw Problem("has a bad IPv6 address") }
        if parts[1].isEmpty { return .host(String(parts[0]), port: nil) }
        guard parts[1].hasPrefix(":") else { throw Problem("has something else than a port behind the address") }
        return .host(String(parts[0]), port: try parse(port: parts[1].dropFirst()))
    }

    private static func parse(port: Substring) throws(Problem) -> Int {
        guard port.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(port), 1...65535 ~= number else {
            throw Problem("has a port that is not in 1..65535")
        }
        return number
    }
}

extension UInt8 {
    /// `pchar` and `/` of RFC 3986.
    fileprivate var isOfPath: Bool {
        let character = Character(UnicodeScalar(self))
        return character.isLetter || character.isNumber || "-._~%!$&'()*+,;=:@/".contains(character)
    }
}

private struct Problem: Error {
    let text: String

    init(_ text: String) { self.text = text }
}

extension String {
    /// The rest behind `prefix`, whose case does not matter.
    fileprivate func removing(_ prefix: String) -> String? {
        self.prefix(prefix.count).lowercased() == prefix ? String(dropFirst(prefix.count)) : nil
    }

    fileprivate var isHostName: Bool {
        guard 1...253 ~= utf8.count else { return false }
        return split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            1...63 ~= label.utf8.count && !label.hasPrefix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }

    var isIPv4: Bool {
        var address = in_addr()
        return inet_pton(AF_INET, self, &address) == 1
    }

    /// With or without a zone, as in `fe80::1%eth0`.
    var isIPv6: Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, String(prefix { $0 != "%" }), &address) == 1
    }
}
