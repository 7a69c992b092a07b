/// `k=v,…` of `OTEL_RESOURCE_ATTRIBUTES`: one bad entry spoils them all.
func parseResourceAttributes(_ text: String) throws(BadValue) -> [Attribute] {
    var attributes: [Attribute] = []
    for entry in text.split(separator: ",") where !entry.allSatisfy(\.isWhitespace) {
        let (key, value) = try splitEntry(entry)
        guard let key = key.percentDecoded, !key.isEmpty, let value = value.percentDecoded else {
            throw BadValue("bad percent encoding or no key in \"\(entry.prefix(100))\"")
        }
        attributes.append(Attribute(key, value))
    }
    return attributes
}

/// `k=v` of `OTEL_EXPORTER_OTLP_HEADERS`.
func parseHeader(_ entry: Substring) throws(BadValue) -> ExporterSettings.Header {
    let (key, value) = try splitEntry(entry)
    let name = key.lowercased()
    guard !name.isEmpty, name.utf8.allSatisfy(\.isHeaderName) else { throw BadValue("a header has a bad name") }
    guard !isReserved(name) else { throw BadValue("header \(name) cannot be set") }
    guard let value = value.percentDecoded, value.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
        throw BadValue("header \(name) has a value that is no percent-encoded printable ASCII")
    }
    return .init(name: name, value: value)
}

/// What belongs to gRPC and HTTP/2 themselves, and binary values.
private func isReserved(_ name: String) -> Bool {
    name.hasPrefix("grpc-") || name.hasSuffix("-bin")
        || ["te", "content-type", "user-agent", "connection", "host"].contains(name)
}

private func splitEntry(_ entry: Substring) throws(BadValue) -> (key: String, value: String) {
    guard let equals = entry.firstIndex(of: "=") else { throw BadValue("an entry without \"=\"") }
    return (String(entry[..<equals]).trimmed, String(entry[entry.index(after: equals)...]).trimmed)
}

extension String {
    /// Without white space at the ends.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }

    /// With each `%41` replaced by its byte; nil if one is malformed or the result is no UTF-8.
    var percentDecoded: String? {
        var decoded: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else { return nil }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }
}

extension String {
    /// With each byte that is not unreserved (RFC 3986, 2.3) as `%41`.
    package var percentEncoded: String {
        utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                return String(character)
            }
            return (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        Character(UnicodeScalar(self)).hexDigitValue.map(UInt8.init)
    }

    fileprivate var isHeaderName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
