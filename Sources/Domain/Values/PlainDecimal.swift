extension FixedWidthInteger {
    /// Reads ASCII digits and nothing else: no sign, no spaces, and no leading zeros, because "010" is eight to some
    /// readers and ten to others. Nil also when the number does not fit.
    init?(plainDecimal text: some StringProtocol) {
        let digits = text.utf8
        guard let first = digits.first, digits.allSatisfy(\.isDigit), first != UInt8(ascii: "0") || digits.count == 1
        else { return nil }
        self.init(text, radix: 10)
    }
}

extension UInt8 {
    /// An ASCII digit.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

extension StringProtocol {
    /// The parts between ASCII separators, empty ones too. By bytes: a combining mark cannot hide a separator.
    func parts(separatedBy separator: Unicode.Scalar) -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
            .map { Substring(self[$0.startIndex..<$0.endIndex]) }
    }
}
