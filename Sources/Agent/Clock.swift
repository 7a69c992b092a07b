import Domain

extension UnixTime {
    func advanced(by duration: Duration) -> UnixTime {
        let (seconds, attoseconds) = duration.components
        return UnixTime(
            nanoseconds: nanoseconds &+ UInt64(seconds) * 1_000_000_000 &+ UInt64(attoseconds) / 1_000_000_000)
    }

    /// How long it is from `earlier` to this; zero when it is not later.
    func since(_ earlier: UnixTime) -> Duration {
        self > earlier ? .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds)) : .zero
    }

    /// To the second, as people read it.
    var text: String { UnixTime(nanoseconds: nanoseconds / 1_000_000_000 * 1_000_000_000).rfc3339 }
}
