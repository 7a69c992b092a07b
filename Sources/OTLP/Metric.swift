/// One metric with the points of all its streams.
public struct Metric: Sendable, Hashable {
    /// The name, such as `bpf.packets`.
    public var name: String
    /// What it means, for people; may be empty.
    public var description: String
    /// The unit in UCUM notation, such as `By` or `{packet}`.
    public var unit: String
    /// The points.
    public var data: MetricData

    /// A metric.
    public init(name: String, description: String = "", unit: String, data: MetricData) {
        self.name = name
        self.description = description
        self.unit = unit
        self.data = data
    }
}

/// The kinds of metrics, with their points.
public enum MetricData: Sendable, Hashable {
    /// Numbers that add up over time and streams.
    case sum([NumberPoint], monotonic: Bool, temporality: Temporality)
    /// Distributions in buckets with explicit bounds.
    case histogram([HistogramPoint], temporality: Temporality)
    /// Numbers as they are now.
    case gauge([NumberPoint])
}

/// Whether a point says what happened since the start, or since the previous point.
public enum Temporality: String, Sendable, Hashable {
    /// Since the start of the stream.
    case cumulative
    /// Since the previous point.
    case delta
}

/// A number.
public enum NumberValue: Sendable, Hashable {
    /// A whole one.
    case int(Int64)
    /// One with a fraction.
    case double(Double)
}

/// One number of one stream, at one time.
public struct NumberPoint: Sendable, Hashable {
    /// What tells this stream from the metric's others.
    public var attributes: [Attribute]
    /// When the stream began, in nanoseconds since 1970; 0 if that means nothing (gauges).
    public var start: UInt64
    /// When the value was read, in nanoseconds since 1970.
    public var time: UInt64
    /// The number.
    public var value: NumberValue
    /// The stream has ended; the value is not sent.
    public var noRecordedValue: Bool

    /// A point; times are in nanoseconds since 1970.
    public init(
        attributes: [Attribute], start: UInt64 = 0, time: UInt64, value: NumberValue, noRecordedValue: Bool = false
    ) {
        self.attributes = attributes
        self.start = start
        self.time = time
        self.value = value
        self.noRecordedValue = noRecordedValue
    }
}

/// One distribution of one stream, at one time.
public struct HistogramPoint: Sendable, Hashable {
    /// What tells this stream from the metric's others.
    public var attributes: [Attribute]
    /// When the stream began, in nanoseconds since 1970.
    public var start: UInt64
    /// When the values were read, in nanoseconds since 1970.
    public var time: UInt64
    /// How many values there were: the sum of `bucketCounts`.
    public var count: UInt64
    /// The sum of the values, in the metric's unit; nil: not known.
    public var sum: Double?
    /// Values per bucket, one more than bounds.
    public var bucketCounts: [UInt64]
    /// Upper bounds, inclusive and rising. One array for all points costs nothing per point.
    public var explicitBounds: [Double]
    /// The stream has ended; the values are not sent.
    public var noRecordedValue: Bool

    /// A point; times are in nanoseconds since 1970.
    public init(
        attributes: [Attribute], start: UInt64, time: UInt64, count: UInt64, sum: Double?, bucketCounts: [UInt64],
        explicitBounds: [Double], noRecordedValue: Bool = false
    ) {
        self.attributes = attributes
        self.start = start
        self.time = time
        self.count = count
        self.sum = sum
        self.bucketCounts = bucketCounts
        self.explicitBounds = explicitBounds
        self.noRecordedValue = noRecordedValue
    }
}
