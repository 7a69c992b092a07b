import CHiredis
import Glibc

typealias Instant = ContinuousClock.Instant

/// Why a wait for a descriptor ended.
enum Readiness: Sendable { case ready, timedOut, interrupted }

/// Waits until `descriptor` is ready for `events` (`POLLIN`, `POLLOUT`) or has failed, which the next call on it tells.
/// A descriptor of -1 waits for the deadline or the interrupt alone.
func awaitReady(_ descriptor: Int32, for events: Int32, until deadline: Instant, interrupt: Interrupt?) -> Readiness {
    var waits = [
        pollfd(fd: descriptor, events: Int16(events), revents: 0),
        pollfd(fd: interrupt?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    while true {
        let left = deadline - .now
        let count = poll(&waits, 2, min(left, interrupt?.longestWait ?? left).pollMilliseconds)
        if interrupt?.isSignalled == true { return .interrupted }
        if count > 0, waits[0].revents != 0 { return .ready }
        if deadline <= .now { return .timedOut }
    }
}

extension Duration {
    /// Rounded up, so that a wait is never cut short and then repeated with nothing left; at least 0, at most a minute.
    var pollMilliseconds: Int32 {
        let limited = min(max(self, .zero), .seconds(60)).components
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return Int32(limited.seconds * 1000 + (limited.attoseconds + perMillisecond - 1) / perMillisecond)
    }

    /// In seconds, for people.
    package var text: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
        return "\((seconds * 1000).rounded() / 1000) s"
    }
}
