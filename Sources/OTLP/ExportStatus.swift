/// How exporting is going.
public struct ExportStatus: Sendable, Hashable {
    /// The word for it.
    public enum State: String, Sendable, Hashable {
        /// Not wanted.
        case disabled
        /// Nothing was tried yet.
        case starting
        /// The last attempt succeeded.
        case ok
        /// The last attempt did not; `lastError` says why.
        case failing
    }

    /// How it is going now.
    public var state: State
    /// The time of the newest points that were delivered, in nanoseconds since 1970.
    public var lastExport: UInt64?
    /// Exports that failed after all retries.
    public var failedExports: UInt64 = 0
    /// Points that the receiver refused in exports that succeeded.
    public var rejectedPoints: UInt64 = 0
    /// Why the last attempt failed, or why nothing is tried; nil when all is well.
    public var lastError: String?

    /// The status before the first export.
    public init(state: State = .starting, lastError: String? = nil) {
        self.state = state
        self.lastError = lastError
    }
}

extension ExportStatus {
    /// The status of a target at which nothing was tried yet; totals go on.
    mutating func begin(_ target: ExportTarget) {
        switch target {
        case .exporter: (state, lastError) = (.starting, nil)
        case .disabled: (state, lastError) = (.disabled, nil)
        case .invalid(let reason): (state, lastError) = (.failing, reason)
        }
    }
}
