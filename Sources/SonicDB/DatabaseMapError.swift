/// Why the map of databases cannot be used.
public enum DatabaseMapError: Error, Sendable, Hashable {
    /// A file that cannot be read, and the system's reason.
    case unreadable(file: String, cause: String)
    /// A file, or what was given in its place, that is not JSON.
    case notJSON(file: String, cause: String)
    /// A value that cannot be meant; `key` is its path, such as `INSTANCES.redis.port`.
    case badValue(file: String, key: String, value: String, expected: String)
    /// No entry of `database_global.json` is for this namespace.
    case unknownNamespace(file: String, namespace: String, known: [String])
    case unknownDatabase(name: String, known: [String])
}

extension DatabaseMapError: CustomStringConvertible {
    /// In one line of bounded length, whatever the file holds.
    public var description: String {
        let printable = text.unicodeScalars.prefix(800).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(printable))
    }

    private var text: String {
        switch self {
        case .unreadable(let file, let cause): "\(file): \(cause)"
        case .notJSON(let file, let cause): "\(file): not JSON: \(cause)"
        case .badValue(let file, let key, let value, let expected): "\(file): \(key): \(value) is not \(expected)"
        case .unknownNamespace(let file, let namespace, let known):
            "\(file): no namespace “\(namespace)” (there are: \(known.joined(separator: ", ")))"
        case .unknownDatabase(let name, let known):
            "no database \(name) in the database configuration (there are: \(known.joined(separator: ", ")))"
        }
    }
}
