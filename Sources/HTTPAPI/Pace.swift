import Synchronization

/// How many requests are answered: far more than honest clients make, and few enough that nobody keeps a small CPU busy.
final class Pace: Sendable {
    enum Kind: Int, CaseIterable {
        case read, write
        /// Of all that is measured, which is made anew for each.
        case scrape
        /// Without a token that is known: one who guesses.
        case stranger

        /// Requests per second.
        fileprivate var rate: Double {
            switch self {
            case .read: 4000
            case .write: 200
            case .scrape: 10
            case .stranger: 20
            }
        }

        /// Requests at once.
        fileprivate var burst: Double { rate * 3 }
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
    }

    private let buckets: Mutex<[Bucket]>
    private let scale: Double

    /// - Parameter scale: how many times as many requests; tests have no limits.
    init(now: ContinuousClock.Instant = .now, scale: Double = 1) {
        self.scale = scale
        buckets = Mutex(Kind.allCases.map { Bucket(tokens: $0.burst * scale, filledAt: now) })
    }

    func admits(_ kind: Kind, now: ContinuousClock.Instant = .now) -> Bool {
        buckets.withLock { buckets in
            let bucket = buckets[kind.rawValue]
            let seconds = bucket.filledAt.duration(to: now) / .seconds(1)
            let tokens = min(kind.burst * scale, bucket.tokens + max(0, seconds) * kind.rate * scale)
            buckets[kind.rawValue] = Bucket(
                tokens: tokens >= 1 ? tokens - 1 : tokens, filledAt: max(now, bucket.filledAt))
            return tokens >= 1
        }
    }
}
