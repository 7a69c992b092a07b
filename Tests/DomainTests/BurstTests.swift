import Testing

@testable import Domain

@Suite struct BurstTests {
    private func read(_ windows: (UInt64, UInt64)...) -> BurstWindows { BurstWindows(windows.map { ($0.0, $0.1) }) }

    private func tracker(resolution: Int = 4000) -> BurstTracker {
        BurstTracker(resolution: resolution, startedAt: .second(1))
    }

    @Test("a window counts once, when it is complete")
    func once() {
        var counters = BurstCounters()
        counters.add(read((5, 10), (7, 90), (8, 1000)), through: 7, capacity: 100)
        #expect(counters.peakBytes == 90 && counters.lastWindow == 7)
        counters.add(read((5, 10), (7, 90), (8, 1000), (9, 3)), through: 8, capacity: 100)
        #expect(counters.peakBytes == 1000 && counters.lastWindow == 8)
        counters.add(read((8, 1000), (9, 3)), through: 8, capacity: 100)
        #expect(counters.windows.reduce(0, +) == 3)
    }

    @Test("what was going on at one reading counts at the next, and needs no packet behind it")
    func silence() {
        var tracker = tracker()
        tracker.update(read((5, 10), (6, 700)), speed: nil, now: .second(2))
        #expect(tracker.report.counters == BurstCounters())
        tracker.update(read((5, 10), (6, 900)), speed: nil, now: .second(3))
        #expect(tracker.report.counters.peakBytes == 900 && tracker.report.counters.lastWindow == 6)
    }

    @Test(
        "a window belongs to the first bucket whose bound it does not exceed",
        arguments: [
            (0, 0), (10, 0), (11, 1), (20, 1), (21, 2), (500, 7), (501, 8), (990, 13), (991, 14), (1000, 14),
            (1001, 15), (UInt64.max, 15),
        ])
    func buckets(bytes: UInt64, bucket: Int) {
        #expect(BurstBounds.bucket(of: bytes, capacity: 1000) == bucket)
    }

    @Test("without the port's speed only the peak is kept")
    func noSpeed() {
        var tracker = tracker()
        tracker.update(read((5, 10)), speed: nil, now: .second(2))
        tracker.update(read((5, 10)), speed: nil, now: .second(3))
        #expect(tracker.report.counters.peakBytes == 10)
        #expect(tracker.report.counters.windows.allSatisfy { $0 == 0 })
        #expect(tracker.report.capacity == nil && tracker.report.peakPercent == nil)
    }

    @Test("a window of 4 ms at 10 Gbit/s carries 5 MB, and a speed holds until there is another")
    func capacity() {
        var tracker = tracker()
        tracker.update(read((5, 1_000_000)), speed: nil, now: .second(1))
        tracker.update(read((5, 1_000_000), (6, 2_500_000)), speed: 10_000_000_000, now: .second(2))
        tracker.update(read((6, 2_500_000)), speed: nil, now: .second(3))
        let report = tracker.report
        #expect(report.capacity == 5_000_000 && report.speed == 10_000_000_000)
        #expect(report.peakPercent == 50)
        #expect(report.counters.windows[4] == 1 && report.counters.windows[7] == 1)
        #expect(report.startedAt == .second(1) && report.resolution == 4000)
    }

    @Test("the recent peak is that of the last minute")
    func recent() {
        var tracker = tracker()
        tracker.update(read((1, 900)), speed: nil, now: .second(10))
        tracker.update(read((1, 900), (2, 30)), speed: nil, now: .second(11))
        tracker.update(read((2, 30)), speed: nil, now: .second(41))
        #expect(tracker.report.recentPeakBytes == 900)
        tracker.update(read((2, 30)), speed: nil, now: .second(71))
        #expect(tracker.report.recentPeakBytes == 30)
        tracker.update(read((2, 30)), speed: nil, now: .second(101))
        #expect(tracker.report.recentPeakBytes == 0 && tracker.report.counters.peakBytes == 900)
    }
}
