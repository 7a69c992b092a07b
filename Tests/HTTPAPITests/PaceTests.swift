import Testing

@testable import HTTPAPI

@Suite("The pace of requests")
struct PaceTests {
    @Test("a burst of three seconds' worth is answered, then as many as the rate has")
    func buckets() {
        let start = ContinuousClock.now
        let pace = Pace(now: start)
        func admitted(_ kind: Pace.Kind, _ count: Int, at seconds: Double) -> Int {
            (0..<count).count { _ in pace.admits(kind, now: start + .seconds(seconds)) }
        }
        #expect(admitted(.stranger, 1000, at: 0) == 60)
        #expect(admitted(.stranger, 1000, at: 0.5) == 10)
        #expect(admitted(.stranger, 1000, at: 0.25) == 0, "time does not go back")
        #expect(admitted(.stranger, 1000, at: 100) == 60, "no more is saved up")
        #expect(admitted(.write, 10_000, at: 100) == 600, "each kind has its own")
        #expect(admitted(.read, 20_000, at: 100) == 12_000)
        #expect(admitted(.scrape, 1000, at: 100) == 30)
    }
}
