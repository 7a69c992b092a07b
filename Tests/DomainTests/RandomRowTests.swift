import TestSupport
import Testing

@testable import Domain

@Suite struct RandomRowTests {
    private static let valid: KeyValuePairs<String, [String]> = [
        "port": ["Ethernet0", "PortChannel1"], "direction": ["both"], "admin_state": ["down"],
        "mirror_mode": ["asic", "erspan"], "erspan_remote": ["192.0.2.1"], "erspan_key": ["10"],
        "erspan_tos": ["inherit"], "gre_type": ["0x88be"], "sink_port": ["eth1"], "sample_rate": ["16777216"],
        "vlan@": ["1,2,4094"], "vlan": ["7"], "ip_proto": ["tcp,17"], "l4_src_port@": ["1000-2000,7"],
        "src_prefix": ["10.0.0.0/8", "2001:db8::/32"], "dst_prefix": ["::ffff:0.0.0.0/96", "0.0.0.0/0"],
        "expires_at": ["2026-01-31T12:00:00.5Z"], "description": ["größer"], "detail": ["flows,qos"],
    ]

    private static let alphabet: [Unicode.Scalar] =
        Array("0123456789-,.:/@+xXTZ \"\\aé".unicodeScalars)
        + "\u{0}\n\r\u{1B}\u{7F}\u{9B}\u{301}\u{202E}\u{2028}\u{FFFD}\u{1F600}".unicodeScalars

    /// A few fields of a valid row, some of them damaged.
    private static func row(_ generator: inout SeededGenerator) -> [String: String] {
        var row: [String: String] = ["port": "Ethernet0"]
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let (name, values) = valid.randomElement(using: &generator)!
            let value = values.randomElement(using: &generator)!
            let key = Int.random(in: 0..<10, using: &generator) == 0 ? name.mutated(alphabet, using: &generator) : name
            row[key] = Bool.random(using: &generator) ? value : value.mutated(alphabet, using: &generator)
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { row["description"] = bytes(&generator) }
        return row
    }

    private static func bytes(_ generator: inout SeededGenerator) -> String {
        let count = Int.random(in: 0...40, using: &generator)
        return String(
            decoding: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }, as: UTF8.self)
    }

    private static func isSentence(_ text: String) -> Bool {
        (1...400).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                switch $0.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
                default: true
                }
            }
    }

    /// At least four times 50,000 rows, so that they can run side by side.
    @Test(arguments: [2026, 2027, 2028, 2029] as [UInt64])
    func `Any row parses or is refused in one printable sentence`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (jobs, refusals) = (0, 0)
        var unreadable: [String] = []
        for _ in 0..<max(50_000, fuzzCases / 4) {
            do throws(RowError) {
                let job = try JobSpec.parse(Self.row(&generator))
                unreadable += job.warnings.filter { !Self.isSentence($0) }
                jobs += 1
            } catch {
                if !Self.isSentence(error.reason) { unreadable.append(error.reason) }
                refusals += 1
            }
        }
        #expect(unreadable == [])
        #expect(jobs > 5000)
        #expect(refusals > 5000)
    }

    @Test func `What was read and written again reads the same`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            guard let spec = try? JobSpec.parse(Self.row(&generator)).spec else { continue }
            let pairs = JobSpec.fieldRules.compactMap { rule in rule.text(spec).map { (rule.name, $0) } }
            let again = try JobSpec.parse(Dictionary(uniqueKeysWithValues: pairs)).spec
            guard again == spec else { return #expect(again == spec) }
        }
    }
}
