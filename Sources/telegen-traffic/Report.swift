import FoundationEssentials
import Glibc
import Traffic

/// A tally with how it came about. Its JSON is the tally's with further members beside.
struct Report: Encodable {
    let interface: String
    let seed: UInt64
    let seconds: Double
    let tally: Tally
    let drops: DeviceDrops

    private enum Keys: CodingKey {
        case interface, seed, seconds, packets, bytes, drops
    }

    func encode(to encoder: any Encoder) throws {
        try tally.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(interface, forKey: .interface)
        try container.encode(seed, forKey: .seed)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(tally.packets, forKey: .packets)
        try container.encode(tally.bytes, forKey: .bytes)
        try container.encode(drops, forKey: .drops)
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Replaces the file in one step: a reader sees the old report or the new one.
    func write(to path: String) throws {
        let text = try json()
        let draft = "\(path).\(getpid())"
        let fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw Unwritable(path: path, errno: errno) }
        let isWritten = Output.write(text, to: fd)
        let error = errno
        close(fd)
        guard isWritten, rename(draft, path) == 0 else {
            defer { unlink(draft) }
            throw Unwritable(path: path, errno: isWritten ? errno : error)
        }
    }

    private struct Unwritable: Error, CustomStringConvertible {
        let path: String
        let errno: Int32
        var description: String { "cannot write \(path): \(String(cString: strerror(errno)))" }
    }
}
