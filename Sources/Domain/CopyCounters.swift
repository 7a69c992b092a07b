/// What became of the copies of a tap's packets, in wire packets; monotonic.
public struct CopyCounters: Hashable, Sendable {
    public var sent: UInt64
    /// Refused by the tunnel's device.
    public var failed: UInt64
    /// By the cap `erspan_pps`.
    public var suppressed: UInt64

    public init(sent: UInt64 = 0, failed: UInt64 = 0, suppressed: UInt64 = 0) {
        (self.sent, self.failed, self.suppressed) = (sent, failed, suppressed)
    }
}
