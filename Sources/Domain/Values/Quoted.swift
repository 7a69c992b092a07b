extension String {
    /// What goes into a message for people: in double quotes, cut to about 40 characters, and with anything that a
    /// terminal or a log would not show as itself written as `\u{…}`.
    var quoted: String { "\"\(printable(maxLength: 40))\"" }

    /// The text, escaped where it is not printable and cut behind `maxLength` characters.
    func printable(maxLength: Int) -> String {
        var text = ""
        var length = 0
        for scalar in unicodeScalars {
            let escaped = scalar.escaped
            length += escaped.utf8.count > 4 ? escaped.utf8.count : 1
            guard length <= maxLength else { return text + "…" }
            text += escaped
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var escaped: String {
        switch self {
        case "\"", "\\": "\\\(self)"
        case " "..."~": String(self)
        default: isPrintable ? String(self) : "\\u{\(String(value, radix: 16, uppercase: true))}"
        }
    }

    /// Neither invisible nor what undecodable bytes became (U+FFFD).
    private var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: self != "\u{FFFD}"
        }
    }

    /// U+0000...U+001F, DEL and C1, and U+FFFD, which stands for bytes that were not UTF-8.
    var isForbiddenInRows: Bool { properties.generalCategory == .control || self == "\u{FFFD}" }
}
