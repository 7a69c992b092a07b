/// Everything about a job that decides which program serves its taps, and with what operands. A change of it is made in
/// place, without a packet uncounted.
public struct Measurement: Hashable, Sendable {
    /// One packet in this many is counted, for as many.
    public var sampleRate: UInt32 = 1
    public var filter = PacketFilter()
    public var detail: Set<Detail> = []
    /// How many flows are reported; 0 unless `detail` has flows.
    public var topFlows = 0
    /// Nil: none are sent.
    public var copies: Copies?
    /// What is inside these is measured, and nothing else; nil: what passes the port.
    public var session: ERSPANSession?

    /// Of packets that pass the filter and the sampling.
    public struct Copies: Hashable, Sendable {
        /// The tunnel's device.
        public var ifindex: UInt32
        /// The cap, of both directions of a job together.
        public var perSecond: UInt32

        public init(ifindex: UInt32, perSecond: UInt32) { (self.ifindex, self.perSecond) = (ifindex, perSecond) }
    }

    /// Packets, bytes and sizes of everything.
    public static let plain = Measurement()

    public init() {}

    public init(_ spec: JobSpec, of session: ERSPANSession? = nil, copyingTo tunnel: UInt32? = nil) {
        self.session = session
        sampleRate = spec.sampleRate
        filter = spec.filter
        detail = spec.detail
        topFlows = spec.detail.contains(.flows) ? spec.topFlows : 0
        copies = tunnel.map { Copies(ifindex: $0, perSecond: spec.erspan.packetsPerSecond) }
    }
}
