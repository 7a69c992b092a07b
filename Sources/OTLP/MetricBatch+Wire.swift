extension MetricBatch {
    /// An `ExportMetricsServiceRequest` in Protobuf's wire format; byte for byte what SwiftProtobuf makes of
    /// `ExportRequest`.
    func wireBytes(_ histograms: ExporterSettings.HistogramForm) -> [UInt8] {
        // As many as points of a histogram with fifteen buckets take.
        var writer = WireWriter(capacity: 512 + 320 * pointCount)
        writer.message(1) { resourceMetrics in
            resourceMetrics.string(3, schemaURL)
            resourceMetrics.message(2) { scopeMetrics in
                scopeMetrics.string(3, schemaURL)
                for metric in metrics.reversed() { scopeMetrics.message(2) { $0.write(metric, histograms) } }
                scopeMetrics.message(1) { scope in
                    scope.string(2, scopeVersion)
                    scope.string(1, scopeName)
                }
            }
            resourceMetrics.message(1) { $0.write(1, resource.attributes) }
        }
        return writer.bytes
    }
}

extension WireWriter {
    /// `flags` of a point that says: this stream has no value any more.
    private static let noRecordedValue: UInt64 = 1

    fileprivate mutating func write(_ metric: Metric, _ histograms: ExporterSettings.HistogramForm) {
        switch metric.data {
        case .gauge(let points):
            message(5) { gauge in
                for point in points.reversed() { gauge.message(1) { $0.write(point) } }
            }
        case .sum(let points, let monotonic, let temporality):
            message(7) { sum in
                sum.varint(3, monotonic ? 1 : 0)
                sum.varint(2, temporality.number)
                for point in points.reversed() { sum.message(1) { $0.write(point) } }
            }
        case .histogram(let points, let temporality):
            let octaves = histograms == .exponential ? points.first.flatMap { Octaves($0.explicitBounds) } : nil
            message(octaves == nil ? 9 : 10) { histogram in
                histogram.varint(2, temporality.number)
                for point in points.reversed() {
                    histogram.message(1) { if let octaves { $0.write(point, octaves) } else { $0.write(point) } }
                }
            }
        }
        string(3, metric.unit)
        string(2, metric.description)
        string(1, metric.name)
    }

    private mutating func write(_ point: NumberPoint) {
        if point.noRecordedValue { varint(8, Self.noRecordedValue) }
        write(7, point.attributes)
        switch point.value {
        case _ where point.noRecordedValue: break
        case .int(let number): fixed64(6, UInt64(bitPattern: number), always: true)
        case .double(let number): fixed64(4, number.bitPattern, always: true)
        }
        fixed64(3, point.time)
        fixed64(2, point.start)
    }

    private mutating func write(_ point: HistogramPoint) {
        if point.noRecordedValue { varint(10, Self.noRecordedValue) }
        write(9, point.attributes)
        if !point.noRecordedValue {
            fixed64(7, each: point.explicitBounds.lazy.map(\.bitPattern))
            fixed64(6, each: point.bucketCounts)
            if let sum = point.sum { fixed64(5, sum.bitPattern, always: true) }
            fixed64(4, point.count)
        }
        fixed64(3, point.time)
        fixed64(2, point.start)
    }

    private mutating func write(_ point: HistogramPoint, _ octaves: Octaves) {
        if point.noRecordedValue {
            varint(10, Self.noRecordedValue)
        } else {
            let folded = octaves.fold(point.bucketCounts)
            fixed64(14, octaves.zeroThreshold.bitPattern)
            message(8) { positive in
                positive.varint(2, each: folded.counts)
                positive.zigzag(1, folded.offset)
            }
            fixed64(7, folded.zeros)
            if let sum = point.sum { fixed64(5, sum.bitPattern, always: true) }
            fixed64(4, point.count)
        }
        fixed64(3, point.time)
        fixed64(2, point.start)
        write(1, point.attributes)
    }

    fileprivate mutating func write(_ field: UInt64, _ attributes: [Attribute]) {
        for attribute in attributes.reversed() {
            message(field) { keyValue in
                keyValue.message(2) { $0.write(attribute.value) }
                keyValue.string(1, attribute.key)
            }
        }
    }

    private mutating func write(_ value: AttributeValue) {
        switch value {
        case .string(let text): string(1, text, always: true)
        case .bool(let flag): varint(2, flag ? 1 : 0, always: true)
        case .int(let number): varint(3, UInt64(bitPattern: number), always: true)
        case .double(let number): fixed64(4, number.bitPattern, always: true)
        }
    }
}

extension Temporality {
    /// `AggregationTemporality`.
    fileprivate var number: UInt64 { self == .delta ? 1 : 2 }
}
