import OTLP
import Synchronization

/// Answers as it was told, one step per batch, and keeps what it got.
final class ScriptedExporter: MetricExporter {
    enum Step: Sendable {
        case answer(ExportOutcome)
        /// No answer until the caller gives up.
        case hang
        /// No answer before the shutdown, even to a caller that gave up.
        case deaf

        static let ok = Step.answer(.success(rejected: 0, message: "", status: .grpc("OK")))
        static let unavailable = Step.answer(
            .retryable(ExportFailure("unavailable: away", status: .grpc("UNAVAILABLE")), after: nil))
        static func wait(_ duration: Duration) -> Step {
            .answer(
                .retryable(
                    ExportFailure("resourceExhausted: slow down", status: .grpc("RESOURCE_EXHAUSTED")), after: duration)
            )
        }
        static let refuse = Step.answer(
            .permanent(ExportFailure("invalidArgument: what is this", status: .grpc("INVALID_ARGUMENT"))))
    }

    private struct State {
        var script: [Step]
        var batches: [MetricBatch] = []
        var isShutDown = false
    }

    let destination: String
    /// Its destination is its name.
    var component: [Attribute] { [Attribute("otel.component.name", destination)] }
    private let state: Mutex<State>
    private let (untilEnd, end) = AsyncStream<Void>.makeStream()

    /// When the script is over, everything is well.
    init(_ script: [Step] = [], destination: String = "collector:4317") {
        self.destination = destination
        state = Mutex(State(script: script))
    }

    var batches: [MetricBatch] { state.withLock(\.batches) }
    var isShutDown: Bool { state.withLock(\.isShutDown) }

    func export(_ batch: MetricBatch) async -> ExportOutcome {
        let step = state.withLock { state in
            state.batches.append(batch)
            return state.script.isEmpty ? Step.ok : state.script.removeFirst()
        }
        switch step {
        case .answer(let outcome): return outcome
        case .hang: return await hang()
        case .deaf: return await Task.detached { [self] in await hang() }.value
        }
    }

    func shutdown() async {
        state.withLock { $0.isShutDown = true }
        end.finish()
    }

    private func hang() async -> ExportOutcome {
        for await _ in untilEnd {}
        return .retryable(ExportFailure("cancelled", type: "cancelled"), after: nil)
    }
}
