import Glibc

/// A token bucket that is emptied in small bursts, so that no queue behind it ever grows long.
struct Pacer {
    /// Frames to send at once.
    let burst: Int
    private let interval: Duration
    private var due: ContinuousClock.Instant

    /// A sender that was late may send this many bursts without a pause.
    private static let allowance = 4

    /// `rate` in frames per second; a burst is a millisecond of it, up to `largestBurst`.
    init(rate: Int, largestBurst: Int, start: ContinuousClock.Instant) {
        burst = min(max(rate / 1000, 1), largestBurst)
        interval = .seconds(1) * burst / max(rate, 1)
        due = start
    }

    /// How long the next burst has to wait, at most a tenth of a second; nil when it is due, and is then taken for sent.
    mutating func delay(now: ContinuousClock.Instant) -> Duration? {
        guard due <= now else { return min(due - now, .milliseconds(100)) }
        due = max(due, now - interval * Self.allowance) + interval
        return nil
    }

    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        nanosleep(&time, nil)
    }
}
