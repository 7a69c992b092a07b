import Glibc

/// The UUID that tells this agent's streams from those of others, kept so that a restarted agent continues them.
enum InstanceID {
    /// Reads `<folder>/instance-id`, or makes it. Where it cannot be kept each start has a new one, and `problem` says
    /// so: the agent lives without it.
    static func load(folder: String, namespaceID: String?) -> (id: String, problem: String?) {
        let path = folder + "/" + (namespaceID.map { "instance-id-\($0)" } ?? "instance-id")
        if let line = HostFacts.contents(path)?.split(separator: "\n").first, isUUID(line) {
            return (String(line), nil)
        }
        let id = random()
        mkdir(folder, 0o755)
        if write(id + "\n", to: path) { return (id, nil) }
        let cause = String(cString: strerror(errno))
        return (id, "cannot keep the instance's UUID in \(path): \(cause): streams begin anew at each start")
    }

    /// A full disk may show as late as when the file is closed.
    private static func write(_ text: String, to path: String) -> Bool {
        guard let file = fopen(path, "we") else { return false }
        let isWritten = fputs(text, file) >= 0
        return fclose(file) == 0 && isWritten
    }

    static func isUUID(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    /// Version 4 (RFC 9562).
    private static func random() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
