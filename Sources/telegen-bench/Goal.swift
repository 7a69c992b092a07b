/// A number that was measured, and what it is to be at most.
struct Goal: Encodable, CustomStringConvertible {
    let name: String
    let value: Spread
    let limit: Double
    let unit: String

    var description: String {
        "\(name.left(64))\(value.text().right(14)) \(unit.left(4)) goal \(limit.rounded(to: 2).right(7))  \(verdict)"
    }

    /// Where the kernel happens to place a program is nobody's merit: the middle one counts.
    private var verdict: String {
        if value.median <= limit { return "met" }
        return value.minimum <= limit ? "met at best" : "MISSED"
    }
}
