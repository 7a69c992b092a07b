import Foundation

/// Wireshark's command, as somebody else who reads headers.
enum Wireshark {
    static let isInstalled =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/tshark")
        || ProcessInfo.processInfo.environment["TELEGEN_REQUIRE_ALL"] == "1"

    /// What it reads of each frame: numbers, by field.
    static func fields(_ fields: [String], of frames: [[UInt8]]) async throws -> [[Int]] {
        let path = FileManager.default.temporaryDirectory.path + "/telegen-\(UUID().uuidString.prefix(8)).pcap"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(capture(frames)).write(to: URL(fileURLWithPath: path))
        let text = try await output(of: ["tshark", "-n", "-r", path, "-T", "fields"] + fields.flatMap { ["-e", $0] })
        return text.split(separator: "\n").map { line in
            line.split(separator: "\t").compactMap { number(String($0)) }
        }
    }

    private static func number(_ text: String) -> Int? {
        switch text {
        case "True": 1
        case "False": 0
        default: text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
        }
    }

    /// A file of Ethernet frames in the format of libpcap 2.4, little-endian.
    private static func capture(_ frames: [[UInt8]]) -> [UInt8] {
        func words(_ words: UInt32...) -> [UInt8] {
            words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xff) } }
        }
        let head = words(0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, 1)
        return frames.reduce(head) { file, frame in
            file + words(0, 0, UInt32(frame.count), UInt32(frame.count)) + frame
        }
    }
}
