import Glibc

/// The header of RFC 9110, 10.2.3.
enum RetryAfter {
    /// Seconds, or the time from now to a date; nil for anything else.
    ///
    /// - Parameter now: in seconds since 1970.
    static func duration(_ text: String, now: Int = time(nil)) -> Duration? {
        let text = text.trimmed
        if !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
            // No number of that length is meant.
            return .seconds(Int64(text) ?? .max / 2)
        }
        return date(text).map { .seconds(max(0, $0 - now)) }
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The form that is not obsolete (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Int? {
        let words = text.split { $0 == " " || $0 == ":" }
        guard words.count == 8, words[7] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let numbers = [1, 3, 4, 5, 6].compactMap { Int32(words[$0]) }
        guard numbers.count == 5, 1...31 ~= numbers[0], 1970...9999 ~= numbers[1], 0...23 ~= numbers[2],
            0...59 ~= numbers[3], 0...60 ~= numbers[4]
        else { return nil }
        var parts = tm()
        (parts.tm_mday, parts.tm_mon, parts.tm_year) = (numbers[0], Int32(month), numbers[1] - 1900)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[2], numbers[3], numbers[4])
        return timegm(&parts)
    }
}
