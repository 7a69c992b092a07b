/// Explicit bounds, seen as buckets of an exponential histogram of scale 0, whose bounds are the powers of two.
struct Octaves: Hashable {
    /// The exponent of the lowest bound, up to which values are in the zero bucket: nobody knows how small they were.
    private let lowest: Int
    /// For each bucket above it, the octave that it is within: 0 is the first above the lowest bound.
    private let octaves: [Int]

    /// Nil unless the first and the last bound are powers of two, and so is each that lies between two that are: then
    /// every bucket is within one octave. Values above the last bound must be at most its double.
    init?(_ bounds: [Double]) {
        guard let first = bounds.first.flatMap(Self.exponent), let last = bounds.last.flatMap(Self.exponent) else {
            return nil
        }
        let exponents = bounds.compactMap(Self.exponent)
        guard exponents == Array(first...last) else { return nil }
        lowest = first
        // Upper bounds are inclusive on both sides.
        octaves = bounds.dropFirst().map { $0.ceilingExponent - first - 1 } + [last - first]
    }

    /// Counts by bucket of a histogram with these bounds, as zero count, offset and counts of an exponential one.
    func fold(_ counts: [UInt64]) -> (zeros: UInt64, offset: Int32, counts: [UInt64]) {
        var folded = [UInt64](repeating: 0, count: (octaves.last ?? -1) + 1)
        for (octave, count) in zip(octaves, counts.dropFirst()) { folded[octave] &+= count }
        let kept = folded.drop { $0 == 0 }
        let end = kept.lastIndex { $0 != 0 }.map { $0 + 1 } ?? kept.startIndex
        return (counts.first ?? 0, Int32(lowest + kept.startIndex), Array(kept[..<end]))
    }

    /// The upper bound of the zero bucket.
    var zeroThreshold: Double { Double(sign: .plus, exponent: lowest, significand: 1) }

    private static func exponent(_ bound: Double) -> Int? {
        bound.isNormal && bound > 0 && bound.significand == 1 ? Int(bound.exponent) : nil
    }
}

extension Double {
    /// The least exponent of two that is not below: 3 for 5...8.
    fileprivate var ceilingExponent: Int { Int(exponent) + (significand == 1 ? 0 : 1) }
}
