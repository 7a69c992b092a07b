/// When to try again after failures in a row: after 100 to 200 ms, then twice as long each time, up to 5 s. Each wait
/// is drawn from the upper half of its span, so that many clients of one server do not return together.
struct Backoff: Sendable {
    private static let firstSpan = Duration.milliseconds(200)
    private static let longestSpan = Duration.seconds(5)

    private var failures = 0
    /// Nil when nothing has failed since the last success.
    private(set) var retryAt: Instant?

    mutating func succeed() { self = Backoff() }

    mutating func fail(at now: Instant = .now) {
        let span = min(Self.firstSpan * (1 << min(failures, 10)), Self.longestSpan)
        retryAt = now + span * Double.random(in: 0.5...1)
        failures += 1
    }

    /// How long one still has to wait; nil when one may try.
    func wait(at now: Instant = .now) -> Duration? {
        guard let retryAt, now < retryAt else { return nil }
        return retryAt - now
    }
}
