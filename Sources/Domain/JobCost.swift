/// What a job's programs take of the switch's time.
public enum JobCost: Hashable, Sendable {
    /// Per packet that passes, counted or not.
    case nanosecondsPerPacket(Double)
    /// It cannot be measured here: why.
    case unavailable(reason: String)
}
