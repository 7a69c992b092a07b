extension String {
    /// One line without what a terminal would obey: what is printed may come from a database or from another machine.
    var printable: String { plain(also: nil) }

    /// The same of several lines.
    var printableLines: String { plain(also: "\n") }

    private func plain(also kept: Unicode.Scalar?) -> String {
        String(UnicodeScalarView(unicodeScalars.map { $0.isPlain || $0 == kept ? $0 : "?" }))
    }

    /// How many columns of a terminal it takes.
    var columns: Int { reduce(0) { $0 + $1.columns } }
}

extension Character {
    /// Two for those that East Asian scripts and emoji have wide (Unicode, UAX #11), else one.
    var columns: Int {
        guard let first = unicodeScalars.first?.value else { return 0 }
        return Self.wide.contains { $0.contains(first) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
}

extension Unicode.Scalar {
    fileprivate var isPlain: Bool {
        ![.control, .format, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
    }
}
