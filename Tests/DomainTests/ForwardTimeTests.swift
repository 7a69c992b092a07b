import Domain
import TestSupport
import Testing

@Suite("Time that never goes back")
struct ForwardTimeTests {
    private static func seconds(_ seconds: UInt64) -> UnixTime { UnixTime(nanoseconds: seconds * 1_000_000_000) }

    @Test("is the wall clock's, and follows it forward at once")
    func follows() {
        var time = ForwardTime()
        #expect(time.now(wall: Self.seconds(1_000), uptime: .seconds(5)) == Self.seconds(1_000))
        #expect(time.now(wall: Self.seconds(1_010), uptime: .seconds(15)) == Self.seconds(1_010))
        #expect(time.now(wall: Self.seconds(4_610), uptime: .seconds(15)) == Self.seconds(4_610))
    }

    @Test("goes on at half the pace when the wall clock is set back, until that has caught up")
    func setBack() {
        var time = ForwardTime()
        _ = time.now(wall: Self.seconds(10_000), uptime: .zero)
        #expect(time.now(wall: Self.seconds(6_400), uptime: .zero) == Self.seconds(10_000))
        #expect(time.now(wall: Self.seconds(6_410), uptime: .seconds(10)) == Self.seconds(10_005))
        #expect(time.now(wall: Self.seconds(13_600), uptime: .seconds(7_200)) == Self.seconds(13_600))
    }

    @Test("never falls, whatever both clocks say")
    func random() {
        var random = SeededGenerator(seed: 1)
        var time = ForwardTime()
        var (last, uptime) = (UnixTime(nanoseconds: 0), Duration.zero)
        for _ in 0..<100_000 {
            uptime += .milliseconds(Int64.random(in: 0...100_000, using: &random))
            let wall = UnixTime(nanoseconds: UInt64.random(in: 0...4_000_000_000_000_000_000, using: &random))
            let now = time.now(wall: wall, uptime: uptime)
            #expect(now >= max(last, wall))
            last = now
        }
    }
}
