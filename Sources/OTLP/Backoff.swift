/// How long to wait between attempts: twice as long after each failure, spread by chance so that
/// a fleet of agents does not return to a collector all at once.
struct Backoff: Sendable {
    static let first: Duration = .seconds(1)
    static let longest: Duration = .seconds(10)
    /// What a receiver may ask for at most; more is taken for a mistake.
    static let longestAsked: Duration = .seconds(3600)

    private var next = first

    /// The wait after one more failure; `spread` is in 0.8...1.2, `asked` what the receiver wants.
    mutating func wait(spread: Double, asked: Duration?) -> Duration {
        let own = next * spread
        next = min(next * 2, Self.longest)
        return max(own, min(asked ?? .zero, Self.longestAsked))
    }

    /// After a success.
    mutating func reset() {
        next = Self.first
    }
}
