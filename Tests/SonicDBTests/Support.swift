import FoundationEssentials
import Glibc
import Testing

/// Removed, with all that is in it, when it goes out of use.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let template = strdup("/tmp/sonicdb-XXXXXX")
        defer { free(template) }
        path = String(cString: try #require(mkdtemp(template!)))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the folder it is in; returns its path.
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        if let slash = file.lastIndex(of: "/") { mkdir(String(file[..<slash]), 0o755) }
        let handle = try #require(fopen(file, "w"))
        fputs(text, handle)
        fclose(handle)
        return file
    }
}

/// Checks what an error says, to people.
func expectError<T>(_ text: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> T) {
    do {
        _ = try body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
        #expect("\(error)" == text, sourceLocation: sourceLocation)
    }
}
