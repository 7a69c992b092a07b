/// Numbers as people read them.
public enum Figures {
    /// In groups of three digits: `1 234 567`, with spaces that do not break.
    public static func grouped(_ number: Int64) -> String {
        let digits = String(number.magnitude)
        let groups = stride(from: digits.count % 3 - 3, to: digits.count, by: 3).map { start in
            digits.dropFirst(max(0, start)).prefix(start < 0 ? start + 3 : 3)
        }
        return (number < 0 ? "-" : "") + groups.filter { !$0.isEmpty }.joined(separator: "\u{202F}")
    }

    /// With three digits and a prefix of the SI: `1.23 M`, and the unit behind.
    public static func short(_ number: Int64, _ unit: String) -> String {
        var (value, index) = (Double(number), 0)
        let prefixes = ["", "k", "M", "G", "T", "P"]
        while value >= 999.5, index < prefixes.count - 1 { (value, index) = (value / 1000, index + 1) }
        let places = index == 0 || value >= 99.95 ? 1.0 : value >= 9.995 ? 10.0 : 100.0
        let rounded = (value * places).rounded() / places
        let text = places == 1 ? String(Int64(rounded)) : String(rounded)
        return "\(text) \(prefixes[index])\(unit)"
    }
}
