import Glibc

/// The least and the middle of what was measured.
struct Spread: Encodable, Hashable {
    let minimum: Double
    let median: Double

    init(minimum: Double, median: Double) {
        self.minimum = minimum
        self.median = median
    }

    /// Of at least one value.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        self.init(minimum: sorted[0], median: sorted[sorted.count / 2])
    }

    func map(_ transform: (Double) -> Double) -> Spread {
        Spread(minimum: transform(minimum), median: transform(median))
    }

    func text(digits: Int = 2) -> String { "\(minimum.rounded(to: digits))/\(median.rounded(to: digits))" }
}

extension Double {
    /// With so many decimals.
    func rounded(to digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let units = Int((magnitude * Double(scale)).rounded())
        let fraction = "\(units % scale)"
        let zeros = String(repeating: "0", count: digits - min(digits, fraction.count))
        return (self < 0 && units > 0 ? "-" : "") + "\(units / scale)" + (digits > 0 ? ".\(zeros)\(fraction)" : "")
    }
}

extension String {
    /// Filled up with spaces to `width`, on its left.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
    /// Filled up with spaces to `width`, on its right.
    func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// Microseconds that each of some calls takes.
func microseconds(rounds: Int, _ body: () throws -> Void) rethrows -> [Double] {
    try (0..<rounds).map { _ in try microseconds(body) }
}

func microseconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .microseconds(1)
}
