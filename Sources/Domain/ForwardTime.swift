/// The wall clock without its steps back: what it says never falls. After a step back it goes on at half its pace until
/// the wall clock has caught up; steps forward are followed at once.
///
/// OpenTelemetry wants the times of a stream's points to rise (metrics data model, "Temporality"), and a clock is set
/// back at any moment.
public struct ForwardTime: Sendable {
    private var last: (time: UnixTime, uptime: Duration)?

    /// - Parameter told: what an earlier agent has told last; nil: not known.
    public init(after told: UnixTime? = nil) { last = told.map { ($0, .zero) } }

    /// - Parameters:
    ///   - wall: the wall clock.
    ///   - uptime: a clock that cannot be set, read at the same moment.
    public mutating func now(wall: UnixTime, uptime: Duration) -> UnixTime {
        var now = wall
        if let last {
            let (seconds, attoseconds) = (max(uptime - last.uptime, .zero) / 2).components
            let passed = UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
            now = max(wall, UnixTime(nanoseconds: last.time.nanoseconds &+ passed))
        }
        last = (now, uptime)
        return now
    }
}
