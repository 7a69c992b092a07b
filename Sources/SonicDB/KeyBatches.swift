import Synchronization

/// The batches of one subscription, for one consumer. Ends, and with it the subscription, when the consumer's task is
/// cancelled or the sequence and its iterator are gone.
public struct KeyBatches: AsyncSequence, Sendable {
    public typealias Element = KeyBatch
    public typealias Failure = Never

    let bell: AsyncStream<Void>
    let mailbox: KeyMailbox

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(bell: bell.makeAsyncIterator(), mailbox: mailbox)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        var bell: AsyncStream<Void>.Iterator
        let mailbox: KeyMailbox

        /// Everything that has changed since the last call; waits until there is something. Nil: cancelled.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> KeyBatch? {
            while await bell.next(isolation: actor) != nil {
                if let batch = mailbox.take() { return batch }
            }
            return nil
        }
    }
}

/// Where the subscriber's thread leaves keys and the consumer takes them.
final class KeyMailbox: Sendable {
    private let pending = Mutex(PendingKeys())
    private let bell: AsyncStream<Void>.Continuation

    init(bell: AsyncStream<Void>.Continuation) { self.bell = bell }

    func insert(_ key: TableKey) { pending.withLock { $0.insert(key) } }

    func resync() {
        pending.withLock { $0.resync() }
        ring()
    }

    /// Wakes the consumer. A bell that is already ringing is enough.
    func ring() { bell.yield() }

    func finish() { bell.finish() }

    func take() -> KeyBatch? { pending.withLock { $0.take() } }
}
