/// Everything about a job that decides which program serves its taps, and with what operands. A change of it is made in
/// place, without a packet uncounted.
public struct Measurement: Hashable, Sendable {
    /// One packet in this many is counted, for as many.
    public var sampleRate: UInt32 = 1
    public var filter = PacketFilter()
    public var detail: Set<Detail> = []
    /// How many flows are reported; 0 unless `detail` has flows.
    public var topFlows = 0

    /// Packets, bytes and sizes of everything.
    public static let plain = Measurement()

    public init() {}

    public init(_ spec: JobSpec) {
        sampleRate = spec.sampleRate
        filter = spec.filter
        detail = spec.detail
        topFlows = spec.detail.contains(.flows) ? spec.topFlows : 0
    }
}
