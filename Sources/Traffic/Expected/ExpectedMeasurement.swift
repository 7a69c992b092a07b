/// Everything that a job with this filter, and with every `detail`, must have counted.
public struct ExpectedMeasurement: Hashable, Sendable {
    public let filter: FilterRule
    /// Of the packets that the filter let pass.
    public private(set) var tally = Tally()
    public private(set) var qos = QoSTally()
    public private(set) var flows: [ExpectedFlow: ExpectedVolume] = [:]
    /// Wire packets that the filter left out; they are nowhere else.
    public private(set) var filtered: UInt64 = 0

    public init(filter: FilterRule = FilterRule()) { self.filter = filter }

    /// The first `count` frames of a mix.
    public init(filter: FilterRule = FilterRule(), of mix: TrafficMix, count: Int) {
        self.init(filter: filter)
        for (frame, times) in zip(mix.frames, mix.counts(ofFirst: count)) where times > 0 { add(frame, times: times) }
    }

    public mutating func add(_ frame: Frame, times: UInt64 = 1) {
        add(frame.headers, wireLengths: frame.expectation.wireLengths, times: times)
    }

    public mutating func add(_ headers: ExpectedHeaders, wireLengths: [Int], times: UInt64 = 1) {
        let volume = ExpectedVolume(
            packets: times * UInt64(wireLengths.count), bytes: times * UInt64(wireLengths.reduce(0, +)))
        guard filter.matches(headers) else {
            filtered += volume.packets
            return
        }
        tally.add(ExpectedCount(headers, wireLengths: wireLengths), times: times)
        qos.add(headers, packets: wireLengths.count, times: times)
        if let ip = headers.ip { flows[ExpectedFlow(of: ip), default: ExpectedVolume()] += volume }
    }
}
