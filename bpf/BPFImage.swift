/// A compiled BPF object (ELF) that this executable carries.
public struct BPFImage: Sendable {
    /// The source's name, without `.bpf.c`.
    public let name: String
    private let hex: StaticString

    init(name: String, hex: StaticString) {
        self.name = name
        self.hex = hex
    }

    /// The object file's bytes, decoded anew at each call.
    public var bytes: [UInt8] {
        hex.withUTF8Buffer { digits in
            stride(from: 0, to: digits.count, by: 2).map { Self.nibble(digits[$0]) << 4 | Self.nibble(digits[$0 + 1]) }
        }
    }

    private static func nibble(_ digit: UInt8) -> UInt8 { digit <= UInt8(ascii: "9") ? digit - 0x30 : digit - 0x57 }
}
