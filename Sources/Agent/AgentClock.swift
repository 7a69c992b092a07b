import Domain
import Synchronization

/// The clocks that the agent lives by.
final class AgentClock: Sendable {
    private let start = ContinuousClock.now
    private let forward: Mutex<ForwardTime>
    /// When an earlier agent told its collector last, as far as that is known.
    let lastTold: UnixTime?

    /// - Parameter told: `lastTold`.
    init(after told: UnixTime? = nil) {
        // A clock that was wrong by more than a step of an hour or so is not followed.
        let isNear = told.map { $0.since(.now) < .seconds(86_400) } ?? false
        lastTold = told
        forward = Mutex(ForwardTime(after: isNear ? told : nil))
    }

    /// What people and CONFIG_DB mean by time; it can be set at any moment.
    var wall: UnixTime { .now }

    /// Since the agent's start; it cannot be set.
    var uptime: Duration { start.duration(to: .now) }

    /// What is told to collectors: the wall clock without its steps back.
    var forwardTime: UnixTime { forward.withLock { $0.now(wall: wall, uptime: uptime) } }
}

/// Between attempts of what must work in the end: 200 ms, doubling up to 2 s, so that whoever is well again is heard soon;
/// with a fifth of jitter.
struct Pause {
    private var base = Duration.milliseconds(200)

    mutating func next() -> Duration {
        defer { base = min(base * 2, .seconds(2)) }
        return base * Double.random(in: 0.8...1.2)
    }
}

extension UnixTime {
    /// How long it is from `earlier` to this; zero when it is not later.
    func since(_ earlier: UnixTime) -> Duration {
        self > earlier ? .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds)) : .zero
    }

    /// To the second, as people read it.
    var text: String { UnixTime(nanoseconds: nanoseconds / 1_000_000_000 * 1_000_000_000).rfc3339 }
}
