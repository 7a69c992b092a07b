extension UnixTime {
    /// Reads an RFC 3339 time in UTC, such as `2026-01-31T12:00:00.5Z` (`+00:00` and `-00:00` are UTC too). Nil for
    /// other zones, days that the calendar does not have, leap seconds, and times outside 1970...2554, which a
    /// `UnixTime` cannot hold. Digits behind the nanoseconds are cut off.
    public init?(rfc3339 text: String) {
        guard text.utf8.count <= 64 else { return nil }
        var rest = TimeReader(text)
        guard let year = rest.number(digits: 4), rest.take("-"), let month = rest.number(digits: 2), rest.take("-"),
            let day = rest.number(digits: 2), let date = CivilDate(year: year, month: month, day: day),
            rest.take("T") || rest.take("t"), let second = rest.secondOfDay(),
            let nanosecond = rest.fraction(), rest.takeUTC(), rest.isAtEnd
        else { return nil }
        self.init(seconds: date.daysSince1970 * 86_400 + second, nanosecond: nanosecond)
    }

    private init?(seconds: Int, nanosecond: UInt64) {
        guard let seconds = UInt64(exactly: seconds) else { return nil }
        let (whole, tooMany) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooMuch) = whole.addingReportingOverflow(nanosecond)
        guard !tooMany, !tooMuch else { return nil }
        self.init(nanoseconds: sum)
    }

    /// The time in RFC 3339 form: UTC as `Z`, a fraction only when there is one, without trailing zeros.
    public var rfc3339: String {
        let (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let (days, second) = Int(seconds).quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(daysSince1970: days)
        let day = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        guard fraction > 0 else { return "\(day)T\(time)Z" }
        let digits = padded(Int(fraction), 9).reversed().drop { $0 == "0" }.reversed()
        return "\(day)T\(time).\(String(digits))Z"
    }
}

extension UnixTime: CustomStringConvertible {
    public var description: String { rfc3339 }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// What is left of a time's text while it is read.
private struct TimeReader {
    private var bytes: ArraySlice<UInt8>

    init(_ text: String) { bytes = Array(text.utf8)[...] }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func take(_ text: String) -> Bool {
        guard bytes.starts(with: text.utf8) else { return false }
        bytes.removeFirst(text.utf8.count)
        return true
    }

    mutating func number(digits count: Int) -> Int? {
        let digits = bytes.prefix(count)
        guard digits.count == count, digits.allSatisfy(\.isDigit) else { return nil }
        bytes.removeFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    mutating func secondOfDay() -> Int? {
        guard let hour = number(digits: 2), hour < 24, take(":"), let minute = number(digits: 2), minute < 60,
            take(":"), let second = number(digits: 2), second < 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// Nanoseconds; nil for a point without digits.
    mutating func fraction() -> UInt64? {
        guard take(".") else { return 0 }
        let digits = bytes.prefix(while: \.isDigit)
        guard !digits.isEmpty else { return nil }
        bytes.removeFirst(digits.count)
        let nine = Array(digits.prefix(9)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 9 - digits.count))
        return nine.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
    }

    mutating func takeUTC() -> Bool { ["Z", "z", "+00:00", "-00:00"].contains { take($0) } }
}
