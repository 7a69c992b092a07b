import Logging
import Synchronization
import TestSupport
import Testing

@testable import SonicDB

/// A watcher of `TELEGEN_JOB`, `TELEGEN` and the guard key, what it has told, and what it has logged.
final class WatcherProbe: Sendable {
    private struct Heard {
        var keys: Set<TableKey> = []
        var resyncs = 0
        var expectedResyncs = 0
    }

    private let heard: HeardBox
    private let log = LogLines()
    private let task: Task<Void, Never>

    init(_ endpoint: DatabaseEndpoint, _ timing: WatchTiming = .withoutTimer) {
        let heard = HeardBox()
        self.heard = heard
        let watcher = TableWatcher(
            endpoint, tables: ["TELEGEN_JOB", "TELEGEN"], guardKey: "CONFIG_DB_INITIALIZED", timing: timing,
            logger: log.logger)
        task = Task {
            for await batch in watcher.batches() { heard.note(batch) }
        }
    }

    deinit { task.cancel() }

    /// What was logged, as `level: message`.
    var lines: [String] { log.lines }

    /// Waits for one more resync than was waited for before.
    func expectResync(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let wanted = heard.state.withLock { state in
            state.expectedResyncs += 1
            return state.expectedResyncs
        }
        try await eventually("resync \(wanted)", sourceLocation: sourceLocation) {
            heard.state.withLock { $0.resyncs } >= wanted
        }
    }

    /// Waits until all these keys have been told.
    func expect(_ keys: Set<TableKey>, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually("\(keys)", sourceLocation: sourceLocation) {
            heard.state.withLock { $0.keys }.isSuperset(of: keys)
        }
    }

    /// Keys that were told of other tables.
    func strangers(to tables: Set<String>) -> Set<TableKey> {
        heard.state.withLock { $0.keys }.filter { !tables.contains($0.table) }
    }

    private final class HeardBox: Sendable {
        let state = Mutex(Heard())

        func note(_ batch: KeyBatch) {
            state.withLock { state in
                switch batch {
                case .resync: state.resyncs += 1
                case .keys(let keys): state.keys.formUnion(keys)
                }
            }
        }
    }
}

extension WatchTiming {
    /// No resync for the passing of time, which would hide that another one is missing.
    static let withoutTimer = WatchTiming(resyncInterval: .seconds(3600))
}
