import TestSupport
import Testing

@testable import Domain

/// The patterns of the YANG model let the same texts through as the Swift types do.
@Suite struct ModelPatternTests {
    /// A typedef, what Swift takes for it, examples to vary, and the texts that only Swift refuses, on purpose.
    struct Shape: Sendable, CustomTestStringConvertible {
        let typedef: String
        let isRead: @Sendable (String) -> Bool
        let examples: [String]
        var onlySwiftRefuses: @Sendable (String) -> Bool = { _ in false }

        var testDescription: String { typedef }

        init<Value>(
            _ kind: ValueKind<Value>, _ examples: [String], onlySwiftRefuses: @escaping @Sendable (String) -> Bool
        ) {
            self.init(kind, examples)
            self.onlySwiftRefuses = onlySwiftRefuses
        }

        init<Value>(_ kind: ValueKind<Value>, _ examples: [String]) {
            if case .shape(let name, _) = kind.form { typedef = name } else { typedef = "" }
            isRead = { text in !text.unicodeScalars.contains(where: \.isForbiddenInRows) && kind.read(text) != nil }
            self.examples = examples
        }
    }

    static let shapes = [
        Shape(ValueKind.netdev, ["Ethernet0", "eth0.100", "a-b_c", "123456789012345"]),
        Shape(ValueKind.typeOfService, ["inherit", "0", "64", "199", "249", "255"]),
        Shape(ValueKind.greType, ["0x88be", "0X0", "0", "9999", "59999", "64999", "65499", "65529", "65535"]),
        Shape(ValueKind.ipProtocol, IPProtocol.numbers.keys.sorted() + ["0", "99", "199", "249", "255"]),
        Shape(ValueKind.portRange, ["0", "9999", "59999", "65529-65535", "1000-2000"]) {
            $0.split(separator: "-").compactMap { UInt16(plainDecimal: $0) }.count == 2
        },
        Shape(ValueKind.time, ["2026-01-31T12:00:00Z", "1999-12-10t23:59:59.25+00:00", "2554-07-20T00:00:00z"]) {
            $0.hasPrefix("2554") || ["29", "30", "31"].contains($0.dropFirst(8).prefix(2))
        },
        Shape(ValueKind<String>.text, ["", "port to Berlin", "größer"]) { $0.utf8.count > 255 },
        Shape(ValueKind<String>.endpoint, ["localhost", "http://a.b:4318/x", "https://h", "h:65535", "[::1]:1"]) {
            $0.contains("[")
        },
    ]

    private static let alphabet: [Unicode.Scalar] =
        Array("0123456789abfxXTtZz-+.,:/_[] ".unicodeScalars) + ["\n", "\u{7F}", "\u{9F}", "\u{301}", "é"]

    /// The examples, many variations of them, and numbers around the powers of two and ten.
    private static func texts(_ examples: [String]) -> [String] {
        var generator = SeededGenerator(seed: 31)
        let varied = (0..<3000).map { examples[$0 % examples.count].mutated(alphabet, using: &generator) }
        let edges = [0, 1, 9, 10, 99, 100, 199, 200, 255, 256, 999, 1000, 9999, 10_000, 59_999, 60_000, 65_535, 65_536]
        let long = [62, 63, 64, 65, 255, 256].map { String(repeating: "1", count: $0) }
        let longTimes = long.map { "2026-01-31T12:00:00.\($0.dropFirst(21))Z" }
        return examples + varied + edges.flatMap { ["\($0)", "0-\($0)", "0x\($0)"] } + long + longTimes
    }

    @Test(arguments: shapes)
    func `A pattern accepts what Swift reads, and nothing else unless it cannot say so`(shape: Shape) throws {
        let model = try YangModel()
        let type = try #require(model.typedef(shape.typedef)?.all("type").first)
        for text in Self.texts(shape.examples) {
            let (inModel, inSwift) = (try model.accepts(text, type), shape.isRead(text))
            guard inModel != inSwift else { continue }
            #expect(inModel && shape.onlySwiftRefuses(text), "\(text.quoted) model \(inModel) Swift \(inSwift)")
        }
    }

    @Test func `A job's key is a job name`() throws {
        let model = try YangModel()
        let type = try #require(model.jobLeaves.first { $0.argument == "name" }?.all("type").first)
        for text in Self.texts(["job1", "a-b_c", "0", String(repeating: "x", count: 64)]) {
            #expect(try model.accepts(text, type) == (JobName(text) != nil), "\(text.quoted)")
        }
    }

    @Test func `Every typedef with patterns is compared`() throws {
        let local = Set(try YangModel().module.all("typedef").map(\.argument))
        let compared = Set(Self.shapes.map(\.typedef))
        #expect(local == compared.union(["port-name", "true-or-false"]))
    }
}
