/// One direction of a port, as the port sees it.
public enum Direction: String, CaseIterable, Hashable, Sendable {
    case ingress, egress
}

/// What a job's `direction` asks for.
public enum WatchedDirection: String, CaseIterable, Hashable, Sendable {
    case ingress, egress, both

    /// The directions that are counted, each for itself.
    public var directions: [Direction] {
        switch self {
        case .ingress: [.ingress]
        case .egress: [.egress]
        case .both: [.ingress, .egress]
        }
    }
}

/// One count of one job: what a counter slot, a link and an exported stream belong to.
public struct TapID: Hashable, Sendable, CustomStringConvertible {
    public let job: JobName
    public let direction: Direction

    public init(_ job: JobName, _ direction: Direction) {
        self.job = job
        self.direction = direction
    }

    public var description: String { "\(job) \(direction.rawValue)" }
}
