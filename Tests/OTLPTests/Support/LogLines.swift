import Logging
import Synchronization

/// Keeps what is logged, as "level: message".
final class LogLines: LogHandler {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock(\.self) }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level): \(event.message)") }
    }
}
