import Domain
import Testing

/// What no row may do: stop a job by what nobody reads, hurt by its size, or make a message unreadable.
@Suite struct JobRowBoundsTests {
    @Test func `Unknown fields are named and do not stop the job`() throws {
        let job = try JobRows.parse(["zeal": "1", "colour": "red", "port@": "x"])
        let names = ["colour", "port@", "zeal"]
        #expect(job.warnings == names.map { "unknown field \"\($0)\": ignored" })
    }

    @Test func `The value of an unknown field is not looked at`() throws {
        #expect(try JobRows.parse(["zeal": "\u{FFFD}\u{0}"]).spec == JobRows.spec())
    }

    @Test func `Many unknown fields are counted rather than named`() throws {
        let fields = Dictionary(uniqueKeysWithValues: (100..<200).map { ("field\($0)", "x") })
        let warnings = try JobRows.parse(fields).warnings
        #expect(warnings.count == 9)
        #expect(warnings.first == #"unknown field "field100": ignored"#)
        #expect(warnings.last == "92 more unknown fields: ignored")
    }

    @Test func `A row of more than 256 fields is refused`() {
        let fields = Dictionary(uniqueKeysWithValues: (0..<300).map { ("field\($0)", "x") })
        #expect(JobRows.refusal(fields) == "the row has 301 fields: must have at most 256")
    }

    @Test func `An empty value is an unset one in every field`() throws {
        let names = ["direction", "mirror_mode", "erspan_key", "vlan@", "src_prefix", "expires_at", "description"]
        let empty = Dictionary(uniqueKeysWithValues: names.map { ($0, "") })
        #expect(try JobRows.parse(empty) == JobRows.parse())
    }

    @Test(arguments: ["\u{0}", "\n", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{9B}", "\u{FFFD}", "\r\n"])
    func `Control characters and undecodable bytes are refused in text`(mark: String) throws {
        let reason = try #require(JobRows.refusal(["description": "a\(mark)b"]))
        #expect(reason.hasSuffix(": must be valid UTF-8 without control characters"))
        #expect(reason.unicodeScalars.allSatisfy { (" "..."~").contains($0) })
    }

    @Test func `What does not show is written out in a reason`() {
        let reason = JobRows.refusal(["direction": "in\u{202E}\u{1B}\"\\\u{2028}é"])
        #expect(
            reason == #"direction "in\u{202E}\u{1B}\"\\\u{2028}é": must be valid UTF-8 without control characters"#)
    }

    @Test func `A reason quotes no more than forty characters`() {
        let reason = JobRows.refusal(["direction": String(repeating: "x", count: 500)])
        #expect(reason == "direction \"\(String(repeating: "x", count: 40))…\": must be ingress, egress or both")
    }

    @Test func `Sixty-four entries are a list, sixty-five are too many`() {
        let vlans = (1...65).map(String.init)
        #expect(JobRows.refusal(["vlan": vlans.dropLast().joined(separator: ",")]) == nil)
        #expect(JobRows.refusal(["vlan": vlans.joined(separator: ",")])?.hasSuffix("at most 64 entries") == true)
    }

    @Test func `The longest list of ranges fits`() {
        let ranges = (0..<64).map { "\(10_000 + $0)-65535" }.joined(separator: ",")
        #expect(JobRows.refusal(["l4_src_port@": ranges]) == nil)
    }

    @Test(arguments: ["port", "direction", "vlan", "vlan@", "description", "expires_at", "src_prefix", "ip_proto"])
    func `Ten megabytes in a field are refused at once`(field: String) throws {
        let value = String(repeating: "1,", count: 5_000_000)
        var reason: String?
        let time = ContinuousClock().measure { reason = JobRows.refusal([field: value]) }
        #expect(try #require(reason).utf8.count < 250)
        #expect(time < .seconds(2))
    }

    @Test func `A field name of ten megabytes is a short warning`() throws {
        let warnings = try JobRows.parse([String(repeating: "n", count: 10_000_000): "x"]).warnings
        #expect(warnings.count == 1)
        #expect(warnings[0].utf8.count < 100)
    }
}
