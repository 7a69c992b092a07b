import Domain

/// One thing that the agent needs: what this machine has of it, and what to do about that.
public struct Finding: Hashable, Sendable {
    public enum Status: String, CaseIterable, Sendable {
        /// It is there.
        case ok
        /// The agent works without it, though not with all that it can do.
        case warn
        /// The agent does not do its work.
        case fail
    }

    /// Such as `kernel` or `CAP_BPF`; findings of one requirement may share it.
    public let name: String
    public let status: Status
    /// A phrase.
    public let found: String
    /// What helps; nil exactly when the status is `ok`.
    public let remedy: String?

    private init(_ name: String, _ status: Status, _ found: String, _ remedy: String?) {
        (self.name, self.status, self.found, self.remedy) = (name, status, found, remedy)
    }

    static func ok(_ name: String, _ found: String) -> Finding { Finding(name, .ok, found, nil) }

    static func warn(_ name: String, _ found: String, _ remedy: String) -> Finding {
        Finding(name, .warn, found, remedy)
    }

    static func fail(_ name: String, _ found: String, _ remedy: String) -> Finding {
        Finding(name, .fail, found, remedy)
    }

    /// What is missing here for counting is no failure of an agent that does not count.
    func softened(_ mode: MirrorMode) -> Finding {
        mode == .placeholder && status == .fail ? Finding(name, .warn, found, remedy) : self
    }
}
