import Domain
import Logging
import SonicDB

/// What all jobs are now, for those who want to hear of changes: one subscription to STATE_DB serves them all, and there is
/// none while nobody listens.
actor JobFeed {
    private let store: JobStore
    private let watcher: TableWatcher
    private var bells: [Int: AsyncStream<Void>.Continuation] = [:]
    private var joined = 0
    private var watching: Task<Void, Never>?

    /// Nil: nobody has looked yet.
    private(set) var view: View?

    struct View: Sendable {
        /// What `GET /jobs/<job>` answers, by job.
        var jobs: [String: JSON] = [:]
        /// Why it may be old.
        var problem: Problem?
    }

    static let maximumListeners = 64

    init(_ store: JobStore, logger: Logger) {
        self.store = store
        watcher = TableWatcher(store.state.endpoint, tables: [StateTable.jobs], guardKey: nil, logger: logger)
    }

    var hasRoom: Bool { bells.count < Self.maximumListeners }

    /// A bell that rings when something may have changed, and as often as `interval` says, `rings` times; then it ends, or
    /// when it is told to.
    func listen(every interval: Duration, rings: Int) -> (bell: AsyncStream<Void>, end: @Sendable () -> Void) {
        let (bell, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        guard hasRoom else {
            continuation.finish()
            return (bell, {})
        }
        joined += 1
        let id = joined
        bells[id] = continuation
        let clock = Task {
            for _ in 0..<rings {
                guard (try? await Task.sleep(for: interval)) != nil else { return }
                continuation.yield()
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in
            clock.cancel()
            Task { await self.leave(id) }
        }
        if view != nil { continuation.yield() }
        if watching == nil { watching = Task { await follow() } }
        return (bell, { continuation.finish() })
    }

    private func leave(_ id: Int) {
        bells[id] = nil
        guard bells.isEmpty else { return }
        watching?.cancel()
        (watching, view) = (nil, nil)
    }

    private func follow() async {
        for await batch in watcher.batches() {
            let new = await look(at: batch)
            guard !Task.isCancelled else { return }
            view = new
            for bell in bells.values { bell.yield() }
        }
    }

    private func look(at batch: KeyBatch) async -> View {
        var view = view ?? View()
        do throws(Problem) {
            if case .keys(let keys) = batch, view.problem == nil {
                let names = keys.map(\.key).filter { JobName($0) != nil }
                let found = try await store.jobs(named: names)
                for name in names { view.jobs[name] = nil }
                for job in found { view.jobs[job.name] = job.answer }
            } else {
                let all = try await store.jobs().map { ($0.name, $0.answer) }
                view = View(jobs: Dictionary(all) { first, _ in first })
            }
        } catch {
            view.problem = error
        }
        return view
    }
}
