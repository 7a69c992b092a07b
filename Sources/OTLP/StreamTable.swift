/// The values of one metric's streams by their attributes; of those for which there is no place, together.
struct StreamTable<Value: Sendable>: Sendable {
    private let limit: Int
    private let zero: Value
    private var values: [[Attribute]: Value] = [:]

    /// A table with room for `limit` streams, and one more for the rest.
    init(limit: Int, zero: Value) {
        (self.limit, self.zero) = (limit, zero)
    }

    mutating func update(_ attributes: [Attribute], _ change: (inout Value) -> Void) {
        let key = values.count < limit || values[attributes] != nil ? attributes : .overflow
        var value = values[key] ?? zero
        change(&value)
        values[key] = value
    }
}

/// Durations as a histogram of one bucket, which is what the semantic conventions advise: how many, and their sum.
struct Durations: Sendable {
    private(set) var count: UInt64 = 0
    /// In seconds.
    private(set) var sum = 0.0

    mutating func add(_ duration: Duration) {
        count += 1
        sum += duration / .seconds(1)
    }
}

extension StreamTable<Int64> {
    func numbers(_ start: UInt64, _ time: UInt64) -> [NumberPoint] {
        values.map { NumberPoint(attributes: $0, start: start, time: time, value: .int($1)) }
    }
}

extension StreamTable<Durations> {
    func distributions(_ start: UInt64, _ time: UInt64) -> [HistogramPoint] {
        values.map { attributes, durations in
            HistogramPoint(
                attributes: attributes, start: start, time: time, count: durations.count, sum: durations.sum,
                bucketCounts: [durations.count], explicitBounds: [])
        }
    }
}
