/// What is known of one flow of one tap.
public struct FlowReport: Hashable, Sendable {
    public let key: FlowKey
    /// What was counted since `firstSeen`: the true volume is in `counted...counted + error`.
    public var counted = Volume()
    /// The most that can have been turned away while another flow held the cell.
    public var error = Volume()
    /// Since when it is followed: the reading before the one that found it.
    public let firstSeen: UnixTime
    /// When the table was read that showed its newest packet.
    public var lastSeen: UnixTime
    /// Bytes of the last interval, half of those of the one before, and so on.
    public var score = 0.0

    public init(key: FlowKey, firstSeen: UnixTime, lastSeen: UnixTime) {
        self.key = key
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }

    /// Whether this flow stands before the other in a ranking.
    public func ranks(before other: FlowReport) -> Bool { (-score, key) < (-other.score, other.key) }
}

extension FlowReport {
    /// Nanoseconds for which a silent flow is remembered.
    private static let memory: UInt64 = 60_000_000_000

    /// Takes in what one interval brought.
    mutating func add(_ counted: Volume, error: Volume, now: UnixTime) {
        self.counted = self.counted + counted
        self.error = self.error + error
        score = score / 2 + Double(counted.bytes)
        if counted.packets > 0 { lastSeen = now }
    }

    /// Whether so little has come, or so long ago, that the flow is no longer followed.
    func isForgotten(_ now: UnixTime) -> Bool {
        score < 1 || now.nanoseconds >= lastSeen.nanoseconds &+ Self.memory
    }
}
