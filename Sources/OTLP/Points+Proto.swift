/// `flags` of a point that says: this stream has no value any more.
private let noRecordedValueFlag: UInt32 = 1

extension Opentelemetry_Proto_Metrics_V1_NumberDataPoint {
    init(_ point: NumberPoint) {
        self.init()
        attributes = point.attributes.map { .init($0) }
        startTimeUnixNano = point.start
        timeUnixNano = point.time
        guard !point.noRecordedValue else {
            flags = noRecordedValueFlag
            return
        }
        switch point.value {
        case .int(let number): value = .asInt(number)
        case .double(let number): value = .asDouble(number)
        }
    }
}

extension Opentelemetry_Proto_Metrics_V1_HistogramDataPoint {
    init(_ point: HistogramPoint) {
        self.init()
        attributes = point.attributes.map { .init($0) }
        startTimeUnixNano = point.start
        timeUnixNano = point.time
        guard !point.noRecordedValue else {
            flags = noRecordedValueFlag
            return
        }
        count = point.count
        if let total = point.sum { sum = total }
        bucketCounts = point.bucketCounts
        explicitBounds = point.explicitBounds
    }
}

extension Opentelemetry_Proto_Metrics_V1_ExponentialHistogramDataPoint {
    /// `octaves`: of the point's bounds, which a metric's points share.
    init(_ point: HistogramPoint, _ octaves: Octaves) {
        self.init()
        attributes = point.attributes.map { .init($0) }
        startTimeUnixNano = point.start
        timeUnixNano = point.time
        guard !point.noRecordedValue else {
            flags = noRecordedValueFlag
            return
        }
        count = point.count
        if let total = point.sum { sum = total }
        let folded = octaves.fold(point.bucketCounts)
        (zeroCount, zeroThreshold) = (folded.zeros, octaves.zeroThreshold)
        positive = .with { ($0.offset, $0.bucketCounts) = (folded.offset, folded.counts) }
    }
}

extension Opentelemetry_Proto_Common_V1_KeyValue {
    init(_ attribute: Attribute) {
        self.init()
        key = attribute.key
        switch attribute.value {
        case .string(let text): value.stringValue = text
        case .int(let number): value.intValue = number
        case .bool(let flag): value.boolValue = flag
        case .double(let number): value.doubleValue = number
        }
    }
}
