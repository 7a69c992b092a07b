import Domain
import Synchronization

/// The clocks that the agent lives by.
final class AgentClock: Sendable {
    private let start = ContinuousClock.now
    private let forward: Mutex<ForwardTime>
    /// The agent's start, by `forwardTime`. Of streams that began before, an earlier agent may have told its collector.
    let began: UnixTime

    /// - Parameter told: when an earlier agent told its collector last, as far as that is known.
    init(after told: UnixTime? = nil) {
        // A clock that was wrong by more than a step of an hour or so is not followed.
        let isNear = told.map { $0.since(.now) < .seconds(86_400) } ?? false
        var time = ForwardTime(after: isNear ? told : nil)
        began = time.now(wall: .now, uptime: .zero)
        forward = Mutex(time)
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
