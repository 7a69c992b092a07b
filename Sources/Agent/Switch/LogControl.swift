import CLinux
import Logging
import Synchronization

/// What is logged, and where to: SONiC can change both at any moment (`LOGGER|telegen` of CONFIG_DB, which
/// `swssloglevel -c telegen` writes).
public final class LogControl: Sendable {
    /// `LOGOUTPUT`.
    public enum Output: String, CaseIterable, Sendable {
        case syslog = "SYSLOG"
        case stdout = "STDOUT"
        case stderr = "STDERR"
    }

    private struct Settings: Equatable {
        var level: Logger.Level
        var output = Output.stderr
    }

    private let settings: Mutex<Settings>
    /// As the agent was started.
    private let initial: Settings
    /// The command line has the last word on the level.
    private let isFixed: Bool

    static let table = "LOGGER"
    static let key = "telegen"

    /// - Parameter isFixed: CONFIG_DB cannot change the level.
    public init(_ level: Logger.Level, isFixed: Bool) {
        initial = Settings(level: level)
        settings = Mutex(initial)
        self.isFixed = isFixed
    }

    /// A logger that obeys.
    public func makeLogger() -> Logger { Logger(label: "telegen-sonic") { Handler(label: $0, control: self) } }

    /// The row of an agent that was told nothing.
    var row: [String: String] {
        [
            "LOGLEVEL": Self.levels.first { $0.level == initial.level }?.name ?? "DEBUG",
            "LOGOUTPUT": initial.output.rawValue,
        ]
    }

    /// Does as a row says, but for what is wrong with it; of what it does not say the agent's start has the word.
    ///
    /// - Returns: what is wrong, a sentence each.
    func apply(_ fields: [String: String]) -> [String] {
        var problems: [String] = []
        if fields["LOGLEVEL"] == nil { settings.withLock { $0.level = initial.level } }
        if fields["LOGOUTPUT"] == nil { settings.withLock { $0.output = initial.output } }
        if let text = fields["LOGLEVEL"] {
            let level = Self.levels.first { $0.name == text }?.level
            if level == nil {
                problems.append("LOGLEVEL \(text.prefix(40).debugDescription): must be one of \(Self.names)")
            }
            if let level, !isFixed { settings.withLock { $0.level = level } }
            if let level, isFixed, level != initial.level {
                problems.append("LOGLEVEL \(text): does not act, since --log-level says \(initial.level)")
            }
        }
        if let text = fields["LOGOUTPUT"] {
            let output = Output(rawValue: text)
            if output == nil {
                let names = Output.allCases.map(\.rawValue).joined(separator: ", ")
                problems.append("LOGOUTPUT \(text.prefix(40).debugDescription): must be one of \(names)")
            }
            if let output { settings.withLock { $0.output = output } }
        }
        return problems
    }

    /// swss-common's names, of which more than one means the same here; the first is the one that is written.
    private static let levels: [(name: String, level: Logger.Level)] = [
        ("CRIT", .critical), ("ALERT", .critical), ("EMERG", .critical), ("ERROR", .error), ("WARN", .warning),
        ("NOTICE", .notice), ("INFO", .info), ("DEBUG", .debug),
    ]
    private static let names = levels.map(\.name).joined(separator: ", ")

    private struct Handler: LogHandler {
        let control: LogControl
        var metadata: Logger.Metadata = [:]
        /// Of a library that wants its own copy of the logger to say less.
        private var ownLevel: Logger.Level?
        private var errors: StreamLogHandler
        private var output: StreamLogHandler

        init(label: String, control: LogControl) {
            self.control = control
            (errors, output) = (.standardError(label: label), .standardOutput(label: label))
        }

        var logLevel: Logger.Level {
            get { ownLevel ?? control.settings.withLock { $0.level } }
            set { ownLevel = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set {
                metadata[key] = newValue
                errors[metadataKey: key] = newValue
                output[metadataKey: key] = newValue
            }
        }

        func log(event: LogEvent) {
            switch control.settings.withLock({ $0.output }) {
            case .stderr: errors.log(event: event)
            case .stdout: output.log(event: event)
            case .syslog:
                let more = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
                    .map { " \($0.key)=\($0.value)" }.joined()
                clinux_syslog(Self.priority(event.level), "[\(event.source)] \(event.message)\(more)")
            }
        }

        /// syslog(3).
        private static func priority(_ level: Logger.Level) -> Int32 {
            switch level {
            case .critical: LOG_CRIT
            case .error: LOG_ERR
            case .warning: LOG_WARNING
            case .notice: LOG_NOTICE
            case .info: LOG_INFO
            case .debug, .trace: LOG_DEBUG
            }
        }
    }
}
