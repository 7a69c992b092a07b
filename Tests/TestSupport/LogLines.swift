import Logging
import Synchronization

/// Keeps what is logged, as `level: message`.
public final class LogLines: LogHandler {
    private let kept = Mutex<[String]>([])

    public init() {}

    public var lines: [String] { kept.withLock(\.self) }

    /// One that writes here.
    public var logger: Logger { Logger(label: "test") { _ in self } }

    public var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    public var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    public func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level): \(event.message)") }
    }
}
