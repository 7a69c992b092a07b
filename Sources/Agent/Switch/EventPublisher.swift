import CSwssEvents
import Glibc
import Logging
import SonicDB

/// Publishes events by SONiC's swss-common, where that is.
///
/// Its calls may wait for the switch's event daemon: they have a queue of their own, which takes no more events when too
/// many wait.
actor EventPublisher {
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let executor = QueueExecutor(label: "events")
    private let publisher: swss_publisher
    private let logger: Logger
    private var isFailing = false

    private static let library = "libswsscommon.so.0"
    private static let source = "sonic-events-telegen"

    /// Nil: there is no such library here, or it makes no publisher.
    init?(logger: Logger) {
        publisher = swss_open_publisher(Self.library, Self.source)
        guard publisher.handle != nil else { return nil }
        self.logger = logger
    }

    isolated deinit { publisher.close(publisher.handle) }

    func publish(_ events: [SwitchEvent]) {
        for event in events { publish(event) }
    }

    private func publish(_ event: SwitchEvent) {
        let status = Self.send(event, publisher)
        if status != 0, !isFailing { logger.warning("an event cannot be published (\(status)): see eventd's log") }
        isFailing = status != 0
    }

    private static func send(_ event: SwitchEvent, _ publisher: swss_publisher) -> Int32 {
        let texts = event.parameters.sorted { $0.key < $1.key }.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (name, value) in texts {
                free(name)
                free(value)
            }
        }
        let parameters = texts.map { swss_parameter(name: $0.0, value: $0.1) }
        return publisher.publish(publisher.handle, event.tag, parameters, UInt32(parameters.count))
    }
}
