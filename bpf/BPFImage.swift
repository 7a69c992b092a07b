import Glibc

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
            defer { Self.letGo(of: digits) }
            let count = digits.count / 2
            // Nothing generic in this loop: every start of a debug build goes through it too.
            return [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
                var index = 0
                while index < count {
                    let (high, low) = (digits[2 * index], digits[2 * index + 1])
                    bytes[index] =
                        (high <= 0x39 ? high &- 0x30 : high &- 0x57) << 4 | (low <= 0x39 ? low &- 0x30 : low &- 0x57)
                    index &+= 1
                }
                initialized = count
            }
        }
    }

    /// The digits have served: two megabytes of this program's file need not stay in memory. Whoever reads them again has
    /// them from the file.
    private static func letGo(of digits: UnsafeBufferPointer<UInt8>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (Int(bitPattern: digits.baseAddress) + page - 1) / page * page
        let end = (Int(bitPattern: digits.baseAddress) + digits.count) / page * page
        if start < end { madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, MADV_DONTNEED) }
    }
}
