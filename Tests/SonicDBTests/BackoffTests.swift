import Testing

@testable import SonicDB

@Suite("The back-off")
struct BackoffTests {
    let now = ContinuousClock.now

    @Test("lets the first attempt through")
    func first() {
        #expect(Backoff().wait(at: now) == nil)
    }

    @Test("begins with 100 to 200 ms, doubles, and ends at 2.5 to 5 s")
    func spans() throws {
        var backoff = Backoff()
        for upper in [200, 400, 800, 1600, 3200, 5000, 5000] {
            backoff.fail(at: now)
            let wait = try #require(backoff.wait(at: now))
            #expect(wait >= .milliseconds(upper / 2) && wait <= .milliseconds(upper))
        }
    }

    @Test("stays bounded after very many failures")
    func many() throws {
        var backoff = Backoff()
        for _ in 0..<1000 { backoff.fail(at: now) }
        #expect(try #require(backoff.wait(at: now)) <= .seconds(5))
    }

    @Test("spreads its waits")
    func jitter() {
        let waits = (0..<32).map { _ in
            var backoff = Backoff()
            backoff.fail(at: now)
            return backoff.wait(at: now)
        }
        #expect(Set(waits).count > 1)
    }

    @Test("ends with its time, and starts over after a success")
    func end() throws {
        var backoff = Backoff()
        backoff.fail(at: now)
        #expect(backoff.wait(at: now + .milliseconds(201)) == nil)
        backoff.fail(at: now)
        backoff.succeed()
        #expect(backoff.wait(at: now) == nil)
        backoff.fail(at: now)
        #expect(try #require(backoff.wait(at: now)) <= .milliseconds(200))
    }
}

@Suite("The heartbeat")
struct HeartbeatTests {
    let start = ContinuousClock.now

    @Test("pings once after a silence, and gives up when no answer comes")
    func silence() {
        var heartbeat = Heartbeat(interval: .seconds(5), timeout: .seconds(2), now: start)
        #expect(heartbeat.deadline == start + .seconds(5))
        #expect(heartbeat.check(at: start + .seconds(4)) == .none)
        #expect(heartbeat.check(at: start + .seconds(5)) == .ping)
        #expect(heartbeat.deadline == start + .seconds(7))
        #expect(heartbeat.check(at: start + .seconds(6)) == .none)
        #expect(heartbeat.check(at: start + .seconds(7)) == .giveUp)
    }

    @Test("starts over with whatever is heard")
    func heard() {
        var heartbeat = Heartbeat(interval: .seconds(5), timeout: .seconds(2), now: start)
        #expect(heartbeat.check(at: start + .seconds(5)) == .ping)
        heartbeat.heard(at: start + .seconds(6))
        #expect(heartbeat.check(at: start + .seconds(7)) == .none)
        #expect(heartbeat.deadline == start + .seconds(11))
    }
}

@Suite("A wait")
struct ReadinessTests {
    @Test("is never cut short by rounding, nor longer than a minute at once")
    func rounding() {
        #expect(Duration.nanoseconds(1).pollMilliseconds == 1)
        #expect(Duration.milliseconds(2).pollMilliseconds == 2)
        #expect(Duration.seconds(-1).pollMilliseconds == 0)
        #expect(Duration.seconds(1_000_000_000).pollMilliseconds == 60_000)
    }

    @Test("ends with its deadline")
    func deadline() {
        #expect(awaitReady(-1, for: 0, until: .now + .milliseconds(5), interrupt: nil) == .timedOut)
    }

    @Test("ends with the interrupt, before or while it lasts")
    func interrupt() {
        let interrupt = Interrupt()
        _ = startThread(named: "test") { interrupt.signal() }
        #expect(awaitReady(-1, for: 0, until: .now + .seconds(60), interrupt: interrupt) == .interrupted)
        #expect(awaitReady(-1, for: 0, until: .now + .seconds(60), interrupt: interrupt) == .interrupted)
        #expect(interrupt.isSignalled)
    }
}
