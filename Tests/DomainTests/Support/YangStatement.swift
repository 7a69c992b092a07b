/// A statement of a YANG module, as written: nothing is resolved. Made for our own module, which is known to be valid.
struct YangStatement {
    let keyword: String
    let argument: String
    let children: [YangStatement]

    /// The module in `text`.
    init?(module text: String) {
        var tokens = YangTokens(text)
        guard let module = YangStatement(&tokens) else { return nil }
        self = module
    }

    private init?(_ tokens: inout YangTokens) {
        guard let keyword = tokens.next(), keyword != "}" else { return nil }
        self.keyword = keyword
        var (argument, end) = ("", tokens.next())
        while let token = end, token != ";", token != "{" {
            if token != "+" { argument += token }
            end = tokens.next()
        }
        self.argument = argument
        var children: [YangStatement] = []
        if end == "{" { while let child = YangStatement(&tokens) { children.append(child) } }
        self.children = children
    }

    func all(_ keywords: String...) -> [YangStatement] { children.filter { keywords.contains($0.keyword) } }

    /// The argument of the first child with this keyword.
    func value(_ keyword: String) -> String? { all(keyword).first?.argument }

    /// The child with this keyword and argument.
    func child(_ keyword: String, _ argument: String) -> YangStatement? {
        children.first { $0.keyword == keyword && $0.argument == argument }
    }

    /// This statement and all below.
    var flattened: [YangStatement] { [self] + children.flatMap(\.flattened) }
}

/// Words, quoted strings without their quotes, and `{`, `}`, `;`, `+`. Comments between tokens are not expected.
private struct YangTokens {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = text[...].unicodeScalars }

    mutating func next() -> String? {
        rest = rest.drop { $0.properties.isWhitespace }
        switch rest.first {
        case nil: return nil
        case "'": return quoted { $0 != "'" }
        case "\"": return quoted { $0 != "\"" }
        case "{", "}", ";": return String(rest.removeFirst())
        default: return take { !$0.properties.isWhitespace && $0 != ";" && $0 != "{" }
        }
    }

    private mutating func quoted(while isInside: (Unicode.Scalar) -> Bool) -> String {
        rest.removeFirst()
        defer { rest.removeFirst() }
        return take(while: isInside)
    }

    private mutating func take(while isInside: (Unicode.Scalar) -> Bool) -> String {
        let token = rest.prefix(while: isInside)
        rest = rest.dropFirst(token.count)
        return String(String.UnicodeScalarView(token))
    }
}
