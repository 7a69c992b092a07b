/// One named value that describes a resource or a stream.
public struct Attribute: Sendable, Hashable {
    /// The name, such as `network.interface.name`; unique among its siblings.
    public var key: String
    /// The value.
    public var value: AttributeValue

    /// An attribute.
    public init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }

    /// An attribute with a text value.
    public init(_ key: String, _ value: String) {
        self.init(key, .string(value))
    }
}

extension [Attribute] {
    /// Those of the point that holds all streams of a metric for which it has no place
    /// (OpenTelemetry specification, metrics SDK, "Overflow attribute").
    public static let overflow = [Attribute("otel.metric.overflow", .bool(true))]
}

/// The types an attribute can have.
public enum AttributeValue: Sendable, Hashable {
    /// Text.
    case string(String)
    /// A whole number.
    case int(Int64)
    /// Yes or no.
    case bool(Bool)
    /// A number with a fraction.
    case double(Double)
}

/// What the metrics are about: the switch and the agent on it.
public struct Resource: Sendable, Hashable {
    /// What is known about it.
    public var attributes: [Attribute]

    /// A resource with these attributes.
    public init(attributes: [Attribute] = []) {
        self.attributes = attributes
    }

    /// This resource with more attributes; of two with the same key the new one stays.
    public func merging(_ newer: [Attribute]) -> Resource {
        var merged = attributes
        for attribute in newer {
            merged.removeAll { $0.key == attribute.key }
            merged.append(attribute)
        }
        return Resource(attributes: merged)
    }
}
