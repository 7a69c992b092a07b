import Testing

@testable import OTLP

/// The bytes, put together by hand from the field numbers of OTLP 1.x.
struct WireFormatTests {
    private let attribute = Attribute("p", "v")

    /// A request of one metric: `resource_metrics` 1 { `scope_metrics` 2 { `scope` 1, `metrics` 2 } }.
    private func request(metric: [UInt8]) -> [UInt8] {
        let scope = Wire.bytes(1, Wire.text(1, "s") + Wire.text(2, "1"))
        let resource = Wire.bytes(1, Wire.bytes(1, Wire.text(1, "r") + Wire.bytes(2, Wire.text(1, "x"))))
        return Wire.bytes(1, resource + Wire.bytes(2, scope + Wire.bytes(2, metric)))
    }

    private func encode(_ data: MetricData, format: RequestFormat = RequestFormat()) throws -> [UInt8] {
        let metric = Metric(name: "m", description: "d", unit: "By", data: data)
        let batch = MetricBatch(
            resource: Resource(attributes: [Attribute("r", "x")]), scopeName: "s", scopeVersion: "1",
            metrics: [metric])
        return try #require(try batch.requests(limit: .max, format: format).first)
    }

    private let head = Wire.text(1, "m") + Wire.text(2, "d") + Wire.text(3, "By")
    private let point = Wire.bytes(7, Wire.text(1, "p") + Wire.bytes(2, Wire.text(1, "v")))

    @Test("A sum is field 7, with temporality 2 and is_monotonic 3; an int of 0 is written")
    func sum() throws {
        let encoded = try encode(
            .sum(
                [NumberPoint(attributes: [attribute], start: 1, time: 2, value: .int(0))], monotonic: true,
                temporality: .cumulative))
        let number = Wire.fixed64(2, 1) + Wire.fixed64(3, 2) + Wire.fixed64(6, 0) + point
        #expect(encoded == request(metric: head + Wire.bytes(7, Wire.bytes(1, number) + [0x10, 2, 0x18, 1])))
    }

    @Test("A small request is these bytes")
    func literal() throws {
        let batch = MetricBatch(
            resource: Resource(), scopeName: "", scopeVersion: "",
            metrics: [Metric(name: "m", unit: "1", data: .gauge([.init(attributes: [], time: 3, value: .int(-2))]))])
        let expected: [UInt8] = [
            0x0A, 0x24,  // resource_metrics 1, 36 bytes
            0x0A, 0x00,  // resource 1, empty
            0x12, 0x20,  // scope_metrics 2, 32 bytes
            0x0A, 0x00,  // scope 1, empty
            0x12, 0x1C,  // metrics 2, 28 bytes
            0x0A, 0x01, 0x6D,  // name 1
            0x1A, 0x01, 0x31,  // unit 3
            0x2A, 0x14,  // gauge 5, 20 bytes
            0x0A, 0x12,  // data_points 1, 18 bytes
            0x19, 3, 0, 0, 0, 0, 0, 0, 0,  // time_unix_nano 3, fixed64
            0x31, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,  // as_int 6, sfixed64
        ]
        #expect(try batch.requests(limit: .max) == [expected])
    }

    @Test("A gauge is field 5 and a double field 4")
    func gauge() throws {
        let encoded = try encode(.gauge([NumberPoint(attributes: [attribute], time: 2, value: .double(0.5))]))
        let number = Wire.fixed64(3, 2) + Wire.fixed64(4, (0.5).bitPattern) + point
        #expect(encoded == request(metric: head + Wire.bytes(5, Wire.bytes(1, number))))
    }

    @Test("A histogram is field 9; counts and bounds are packed, and a sum of 0 is written")
    func histogram() throws {
        let encoded = try encode(
            .histogram(
                [
                    HistogramPoint(
                        attributes: [attribute], start: 1, time: 2, count: 3, sum: 0, bucketCounts: [1, 2],
                        explicitBounds: [64])
                ], temporality: .delta))
        let counts = Wire.bytes(6, Wire.little(1) + Wire.little(2))
        let bounds = Wire.bytes(7, Wire.little((64.0).bitPattern))
        let attributes = Wire.bytes(9, Wire.text(1, "p") + Wire.bytes(2, Wire.text(1, "v")))
        let numbers = Wire.fixed64(2, 1) + Wire.fixed64(3, 2) + Wire.fixed64(4, 3) + Wire.fixed64(5, 0)
        let histogram = Wire.bytes(1, numbers + counts + bounds + attributes) + [0x10, 1]
        #expect(encoded == request(metric: head + Wire.bytes(9, histogram)))
    }

    @Test("A histogram whose sum is not known has none")
    func histogramWithoutSum() throws {
        let point = HistogramPoint(
            attributes: [], start: 1, time: 2, count: 3, sum: nil, bucketCounts: [3], explicitBounds: [])
        let numbers = Wire.fixed64(2, 1) + Wire.fixed64(3, 2) + Wire.fixed64(4, 3) + Wire.bytes(6, Wire.little(3))
        #expect(
            try encode(.histogram([point], temporality: .cumulative))
                == request(metric: head + Wire.bytes(9, Wire.bytes(1, numbers) + [0x10, 2])))
    }

    private func sizes(_ bounds: [Double], ended: Bool = false) -> MetricData {
        .histogram(
            [
                HistogramPoint(
                    attributes: [attribute], start: 1, time: 2, count: 6, sum: 7, bucketCounts: [1, 2, 3],
                    explicitBounds: bounds, noRecordedValue: ended)
            ], temporality: .cumulative)
    }

    @Test("An exponential histogram is field 10: scale 0, the zero bucket up to the lowest bound")
    func exponential() throws {
        let format = RequestFormat(histograms: .exponential)
        let attributes = Wire.bytes(1, Wire.text(1, "p") + Wire.bytes(2, Wire.text(1, "v")))
        let times = Wire.fixed64(2, 1) + Wire.fixed64(3, 2)
        let numbers = times + Wire.fixed64(4, 6) + Wire.fixed64(5, (7.0).bitPattern) + Wire.fixed64(7, 1)
        // The offset 6 is 12 in zigzag.
        let buckets = Wire.bytes(8, [0x08, 12] + Wire.bytes(2, [2, 3]))
        let point = attributes + numbers + buckets + Wire.fixed64(14, (64.0).bitPattern)
        #expect(
            try encode(sizes([64, 128]), format: format)
                == request(metric: head + Wire.bytes(10, Wire.bytes(1, point) + [0x10, 2])))
        #expect(
            try encode(sizes([64, 128], ended: true), format: format)
                == request(metric: head + Wire.bytes(10, Wire.bytes(1, attributes + times + [0x50, 1]) + [0x10, 2])))
    }

    @Test("A histogram whose bounds are no powers of two stays explicit")
    func notExponential() throws {
        let data = sizes([10, 20])
        #expect(try encode(data, format: RequestFormat(histograms: .exponential)) == encode(data))
    }

    @Test("JSON has names in camel case, numbers of 64 bits as text and enumerations as numbers")
    func json() throws {
        let data = MetricData.sum(
            [NumberPoint(attributes: [Attribute("n", .int(3))], start: 1, time: 2, value: .int(-5))], monotonic: true,
            temporality: .cumulative)
        let text = String(decoding: try encode(data, format: RequestFormat(encoding: .json)), as: UTF8.self)
        #expect(
            text == #"""
                {"resourceMetrics":[{"resource":{"attributes":[{"key":"r","value":{"stringValue":"x"}}]},"scopeMetrics":[{\#
                "scope":{"name":"s","version":"1"},"metrics":[{"name":"m","description":"d","unit":"By","sum":{\#
                "dataPoints":[{"startTimeUnixNano":"1","timeUnixNano":"2","asInt":"-5","attributes":[{"key":"n",\#
                "value":{"intValue":"3"}}]}],"aggregationTemporality":2,"isMonotonic":true}}]}]}]}
                """#)
    }

    @Test("A stream that ended has flag 1 and no value")
    func ended() throws {
        let number = NumberPoint(attributes: [], start: 1, time: 2, value: .int(5), noRecordedValue: true)
        let sum = Wire.bytes(1, Wire.fixed64(2, 1) + Wire.fixed64(3, 2) + [0x40, 1]) + [0x10, 2]
        #expect(
            try encode(.sum([number], monotonic: false, temporality: .cumulative))
                == request(metric: head + Wire.bytes(7, sum)))

        let distribution = HistogramPoint(
            attributes: [], start: 1, time: 2, count: 1, sum: 2, bucketCounts: [1], explicitBounds: [],
            noRecordedValue: true)
        let histogram = Wire.bytes(1, Wire.fixed64(2, 1) + Wire.fixed64(3, 2) + [0x50, 1]) + [0x10, 2]
        #expect(
            try encode(.histogram([distribution], temporality: .cumulative))
                == request(metric: head + Wire.bytes(9, histogram)))
    }

    @Test("Attributes keep their types: string 1, bool 2, int 3, double 4")
    func attributeTypes() throws {
        let attributes = [
            Attribute("b", .bool(false)), Attribute("i", .int(-1)), Attribute("d", .double(0.5)),
            Attribute("s", .string("")),
        ]
        let encoded = try encode(.gauge([NumberPoint(attributes: attributes, time: 2, value: .int(1))]))
        let minusOne = [UInt8](repeating: 0xFF, count: 9) + [1]
        let values: [(String, [UInt8])] = [
            ("b", [0x10, 0]), ("i", [0x18] + minusOne), ("d", Wire.fixed64(4, (0.5).bitPattern)), ("s", [0x0A, 0]),
        ]
        let written = values.flatMap { Wire.bytes(7, Wire.text(1, $0.0) + Wire.bytes(2, $0.1)) }
        let number = Wire.fixed64(3, 2) + Wire.fixed64(6, 1) + written
        #expect(encoded == request(metric: head + Wire.bytes(5, Wire.bytes(1, number))))
    }

    @Test("The schema is written beside the resource and the scope")
    func schema() throws {
        let batch = MetricBatch(
            resource: Resource(), scopeName: "s", scopeVersion: "", schemaURL: "u", metrics: [])
        let scope = Wire.bytes(2, Wire.bytes(1, Wire.text(1, "s")) + Wire.text(3, "u"))
        #expect(
            try batch.requests(limit: .max) == [Wire.bytes(1, Wire.bytes(1, []) + scope + Wire.text(3, "u"))])
    }
}

/// Protobuf by hand, for fields below 16 and lengths below 16384.
private enum Wire {
    static func bytes(_ field: UInt8, _ content: [UInt8]) -> [UInt8] {
        precondition(field < 16 && content.count < 16384)
        let length =
            content.count < 128
            ? [UInt8(content.count)] : [UInt8(content.count & 0x7F | 0x80), UInt8(content.count >> 7)]
        return [field << 3 | 2] + length + content
    }

    static func text(_ field: UInt8, _ text: String) -> [UInt8] {
        bytes(field, Array(text.utf8))
    }

    static func fixed64(_ field: UInt8, _ value: UInt64) -> [UInt8] {
        [field << 3 | 1] + little(value)
    }

    static func little(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
}
