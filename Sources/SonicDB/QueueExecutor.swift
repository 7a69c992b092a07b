import Dispatch

/// Runs an actor on a dispatch queue of its own, so that its blocking calls hold no thread of the cooperative pool.
/// (Dispatch on Linux has no `DispatchSerialQueue`, which would be this by itself.)
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedSerialExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }

    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
