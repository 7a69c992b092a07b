import Dispatch

/// Runs what takes long without waiting for anything on a thread of its own: on one of the few that tasks have it would
/// hold up all other tests, and what waits there would find its deadline passed.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        // A queue of its own, because the global ones share the tasks' threads.
        DispatchQueue(label: "blocking").async { continuation.resume(with: Swift.Result(catching: body)) }
    }
}
