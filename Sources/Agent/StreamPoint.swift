import Domain
import OTLP

/// The newest point of a stream.
struct StreamPoint: Hashable, Sendable {
    /// Of what adds up.
    let start: UnixTime
    let value: StreamValue
}

/// A point's value, by the metric's kind.
enum StreamValue: Hashable, Sendable {
    case sum(UInt64)
    /// The sum of the values is nil where it is not known.
    case histogram([UInt64], sum: UInt64?)
    case gauge(NumberValue)
}

extension StreamValue {
    /// What came since `earlier`, a value of the same kind; nil: since the beginning.
    func since(_ earlier: StreamValue?) -> StreamValue {
        switch (self, earlier) {
        case (.sum(let now), .sum(let then)?): .sum(now &- then)
        case (.histogram(let now, let sum), .histogram(let then, let earlierSum)?):
            .histogram(zip(now, then).map { $0 &- $1 }, sum: sum.map { $0 &- (earlierSum ?? 0) })
        default: self
        }
    }

    /// This and what another stream counted, of the same kind.
    func adding(_ other: StreamValue) -> StreamValue {
        switch (self, other) {
        case (.sum(let one), .sum(let two)): .sum(one &+ two)
        case (.histogram(let one, let sum), .histogram(let two, let otherSum)):
            .histogram(zip(one, two).map { $0 &+ $1 }, sum: sum.flatMap { sum in otherSum.map { sum &+ $0 } })
        default: other
        }
    }

    /// Whether less than `earlier`: who counts has begun anew.
    func hasFallen(below earlier: StreamValue) -> Bool {
        switch (self, earlier) {
        case (.sum(let now), .sum(let then)): now < then
        case (.histogram(let now, _), .histogram(let then, _)): zip(now, then).contains { $0 < $1 }
        default: false
        }
    }
}
