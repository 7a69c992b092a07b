import SonicDB

/// Waits for what may never come. Whatever is not there in time is left to itself: for a process that soon ends.
enum Patience {
    /// Nil: not within the limit.
    static func wait<Value: Sendable>(
        _ limit: Duration, for work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await first(limit) { give in Task { give(await work()) } }
    }

    /// The same for what blocks: on a thread of its own, whose rights and namespaces are its own too.
    static func blocking<Value: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () -> Value
    ) async -> Value? {
        await first(limit) { give in _ = startThread(named: "check") { give(work()) } }
    }

    /// What is given first; nil when the limit is.
    private static func first<Value: Sendable>(
        _ limit: Duration, _ begin: (@escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value? {
        let (values, give) = AsyncStream<Value?>.makeStream()
        begin { give.yield($0) }
        let timer = Task {
            try? await Task.sleep(for: limit)
            give.yield(nil)
        }
        defer { timer.cancel() }
        return await values.first { _ in true } ?? nil
    }
}
