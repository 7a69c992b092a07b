import Domain
import Testing

@Suite struct UnixTimeTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799), ("2026-01-31T12:00:00Z", 1_769_860_800),
            ("2100-03-01T00:00:00Z", 4_107_542_400), ("2554-07-21T23:34:33Z", 18_446_744_073),
        ] as [(String, UInt64)])
    func `A time is written as it is read`(text: String, seconds: UInt64) throws {
        let time = try #require(UnixTime(rfc3339: text))
        #expect(time.nanoseconds == seconds * 1_000_000_000)
        #expect(time.rfc3339 == text)
    }

    @Test func `Every day up to 2554 is read as it is written, in order`() throws {
        let days = (UInt64(0)..<213_503).map { UnixTime(nanoseconds: $0 * 86_400_000_000_000) }
        let texts = days.map(\.rfc3339)
        #expect(texts.map { UnixTime(rfc3339: $0) } == days)
        #expect(texts == texts.sorted())
    }

    @Test(arguments: ["2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00-00:00", "2026-01-31t12:00:00z"])
    func `UTC has several spellings`(text: String) {
        #expect(UnixTime(rfc3339: text)?.rfc3339 == "2026-01-31T12:00:00Z")
    }

    @Test(arguments: [
        ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.5Z"), ("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.000000001Z", "2026-01-31T12:00:00.000000001Z"),
        ("2026-01-31T12:00:00.1234567899Z", "2026-01-31T12:00:00.123456789Z"),
    ])
    func `A fraction counts down to the nanosecond`(text: String, canonical: String) {
        #expect(UnixTime(rfc3339: text)?.rfc3339 == canonical)
    }

    @Test(arguments: [
        "2026-02-30T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
    ])
    func `Days that the calendar does not have are refused`(text: String) {
        #expect(UnixTime(rfc3339: text) == nil)
    }

    @Test(arguments: ["24:00:00", "23:60:00", "23:59:60", "23:59", "1:00:00", "12:00:00.", "12:00:00,5"])
    func `Times that no clock shows are refused`(time: String) {
        #expect(UnixTime(rfc3339: "2026-01-31T\(time)Z") == nil)
    }

    @Test(arguments: ["", "+01:00", "-00:30", "+0000", "+00", " Z", "Z ", "UTC", "ZZ"])
    func `A zone other than UTC, or none, is refused`(zone: String) {
        #expect(UnixTime(rfc3339: "2026-01-31T12:00:00\(zone)") == nil)
    }

    @Test(arguments: ["1969-12-31T23:59:59Z", "2554-07-21T23:34:34Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"])
    func `Years that 64 bits of nanoseconds cannot hold are refused`(text: String) {
        #expect(UnixTime(rfc3339: text) == nil)
    }

    @Test func `The last moment that can be held is read back`() {
        let last = UnixTime(nanoseconds: .max)
        #expect(last.rfc3339 == "2554-07-21T23:34:33.709551615Z")
        #expect(UnixTime(rfc3339: last.rfc3339) == last)
        #expect(UnixTime(rfc3339: "2554-07-21T23:34:33.709551616Z") == nil)
    }

    @Test(arguments: ["20260131T120000Z", "2026-01-31 12:00:00Z", "+2026-01-31T12:00:00Z", "26-01-31T12:00:00Z", "now"])
    func `Other forms of ISO 8601 are refused`(text: String) {
        #expect(UnixTime(rfc3339: text) == nil)
    }
}
