import Logging

/// Says a trouble when it begins or changes, and when it is over; nothing while it lasts.
struct TroubleLog {
    private let logger: Logger
    private var troubles: [String: String] = [:]

    init(_ logger: Logger) { self.logger = logger }

    /// Tries to do what `purpose` names, such as "read the counters"; false when it failed.
    mutating func attempt(to purpose: String, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            if troubles.removeValue(forKey: purpose) != nil { logger.notice("can \(purpose) again") }
            return true
        } catch {
            let trouble = "\(error)"
            if troubles.updateValue(trouble, forKey: purpose) != trouble {
                logger.error("cannot \(purpose): \(trouble)")
            }
            return false
        }
    }
}
