import Glibc

/// Files that fit in memory, read with a bound.
enum SmallFile {
    static func read(_ path: String, limit: Int) throws(DatabaseMapError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { free in
                Glibc.read(descriptor, free.baseAddress! + count, free.count - count)
            }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw failure(path) }
            guard more > 0 else { break }
            count += more
        }
        guard count <= limit else { throw .unreadable(file: path, cause: "larger than \(limit) bytes") }
        return Array(bytes[..<count])
    }

    private static func failure(_ path: String) -> DatabaseMapError {
        .unreadable(file: path, cause: String(cString: strerror(errno)))
    }
}
