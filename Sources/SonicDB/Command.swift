/// A command in the bytes of the Redis protocol: a list of strings, each with its length in bytes before it.
enum Command {
    static func append(_ words: [String], to bytes: inout [UInt8]) {
        bytes += "*\(words.count)\r\n".utf8
        for word in words {
            bytes += "$\(word.utf8.count)\r\n".utf8
            bytes += word.utf8
            bytes += "\r\n".utf8
        }
    }

    static func encode(_ commands: [[String]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for command in commands { append(command, to: &bytes) }
        return bytes
    }

    /// A pattern that matches exactly this text, for `SCAN` and `PSUBSCRIBE`.
    static func escapedPattern(_ text: String) -> String {
        var pattern = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if "\\*?[]^".unicodeScalars.contains(scalar) { pattern.append("\\") }
            pattern.append(scalar)
        }
        return String(pattern)
    }
}
