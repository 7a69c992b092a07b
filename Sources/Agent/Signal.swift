/// Wakes one waiter. Any number of calls while it is busy wake it once more.
struct Signal: Sendable {
    /// For the one waiter.
    let events: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func send() { continuation.yield() }
}
