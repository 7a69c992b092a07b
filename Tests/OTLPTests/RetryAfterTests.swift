import Testing

@testable import OTLP

struct RetryAfterTests {
    @Test("Seconds and dates are understood, and what is past is no wait")
    func understood() {
        #expect(RetryAfter.duration(" 120 ") == .seconds(120))
        let now = 784_111_777
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:50:37 GMT", now: now) == .seconds(60))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:00:00 GMT", now: now) == .zero)
    }

    @Test("Anything else is as good as nothing", arguments: ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"])
    func bad(text: String) { #expect(RetryAfter.duration(text) == nil) }

    @Test("A number beyond all bounds is a long wait, which the exporter bounds")
    func huge() throws {
        let wait = try #require(RetryAfter.duration(String(repeating: "9", count: 40)))
        var backoff = Backoff()
        #expect(backoff.wait(spread: 1, asked: wait) == Backoff.longestAsked)
    }
}
