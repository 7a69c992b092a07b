extension [UInt8] {
    /// `count` bytes that count up, so that a torn or shifted copy is seen.
    static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) } }

    /// The given 16-bit words, in network order.
    static func words(_ words: Int...) -> [UInt8] { words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] } }

    mutating func put(word: Int, at offset: Int) {
        self[offset] = UInt8(word >> 8)
        self[offset + 1] = UInt8(word & 0xff)
    }
}

extension Collection<UInt8> where Index == Int {
    /// The 16-bit word in network order, `offset` bytes behind the beginning.
    func word(at offset: Int) -> Int {
        Int(self[startIndex + offset]) << 8 | Int(self[startIndex + offset + 1])
    }

    /// The byte `offset` bytes behind the beginning.
    func byte(at offset: Int) -> Int { Int(self[startIndex + offset]) }

    /// The one's complement sum of the Internet checksum (RFC 1071), folded to 16 bits, not inverted.
    func checksum() -> Int {
        var sum = 0
        for (offset, byte) in enumerated() { sum += offset.isMultiple(of: 2) ? Int(byte) << 8 : Int(byte) }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return sum
    }
}
