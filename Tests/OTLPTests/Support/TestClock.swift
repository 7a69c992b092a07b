import Synchronization

/// A clock that stands still until it is told otherwise.
final class TestClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var sinceStart: Duration = .zero

        func advanced(by duration: Duration) -> Instant { Instant(sinceStart: sinceStart + duration) }
        func duration(to other: Instant) -> Duration { other.sinceStart - sinceStart }
        static func < (left: Instant, right: Instant) -> Bool { left.sinceStart < right.sinceStart }
    }

    private struct Sleeper {
        let deadline: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let deadline: Duration
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Duration = .zero
        var lastID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var watchers: [Watcher] = []

        /// How the sleep ended already, and who wanted to know that it began.
        mutating func start(_ id: Int, _ sleeper: Sleeper) -> (Result<Void, any Error>?, [Watcher]) {
            if cancelled.remove(id) != nil { return (.failure(CancellationError()), []) }
            if sleeper.deadline <= now { return (.success(()), []) }
            sleepers[id] = sleeper
            let interested = watchers.filter { $0.deadline == sleeper.deadline }
            watchers.removeAll { $0.deadline == sleeper.deadline }
            return (nil, interested)
        }
    }

    private let state = Mutex(State())
    let minimumResolution: Duration = .nanoseconds(1)

    var now: Instant { Instant(sinceStart: state.withLock(\.now)) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                start(id, Sleeper(deadline: deadline.sinceStart, continuation: continuation))
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Returns when somebody sleeps until just this time.
    func sleeper(until deadline: Duration) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { $0.deadline == deadline }) { return true }
                state.watchers.append(Watcher(deadline: deadline, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Moves on to this time and wakes those whose time has come.
    func advance(to now: Duration) {
        let due = state.withLock { state in
            state.now = now
            let due = state.sleepers.filter { $0.value.deadline <= now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    private func start(_ id: Int, _ sleeper: Sleeper) {
        let (result, watchers) = state.withLock { $0.start(id, sleeper) }
        if let result { sleeper.continuation.resume(with: result) }
        for watcher in watchers { watcher.continuation.resume() }
    }

    private func cancel(_ id: Int) {
        let sleeper = state.withLock { state in
            guard let sleeper = state.sleepers.removeValue(forKey: id) else {
                state.cancelled.insert(id)
                return nil as Sleeper?
            }
            return sleeper
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
