import Domain

/// What the dataplane asks of the kernel. The product has one kernel, `LinuxKernel`; tests also have one that records.
///
/// Links are known by their pin's name and filters by handle and priority, so that every answer comes from the kernel
/// itself and nothing has to be remembered across a restart. None of it is safe to call from two threads at once.
public protocol Kernel: AnyObject {
    /// All devices of this network namespace.
    func ports() throws(KernelError) -> [Port]
    /// Bits per second that the device says it can carry; nil: it does not say.
    func speed(of port: Port) -> UInt64?

    /// Loads an instance of the default program for a layer, with a lane table of its own.
    func load(_ layer: Port.Layer) throws(KernelError) -> Program
    /// Loads a program that is made for one tap; the tables of its details are kept for the tap's life.
    func load(_ tailoring: Tailoring) throws(KernelError) -> Program

    /// Lets a program of a lane count packets of `ifindex` in `slot`; nil: not at all.
    func point(_ program: Program, ifindex: UInt32, at slot: Int?)

    /// Attaches by a tcx link at the head of the chain and pins the link.
    func attachLink(_ program: Program, to ifindex: UInt32, _ direction: Direction, pin: String) throws(KernelError)
    /// Puts another program in a pinned link's place: no packet passes between.
    func updateLink(pin: String, to program: Program) throws(KernelError)
    /// Nil: no such pin.
    func link(pin: String) throws(KernelError) -> LinkInfo?
    /// The programs of the tcx chain in the order in which they see a packet, by their numbers; nil: it does
    /// not tell, as before Linux 6.6.
    func chain(ifindex: UInt32, _ direction: Direction) -> [UInt32]?
    /// Detaches a pinned link, at once, and removes the pin. Nothing happens when there is none.
    func removeLink(pin: String) throws(KernelError)
    func linkPins() throws(KernelError) -> [String]

    /// The kind of the qdisc at the place of clsact, which `ingress` takes as well; nil: none is there.
    func qdisc(ifindex: UInt32) throws(KernelError) -> String?
    /// Makes the clsact qdisc; false when it was there.
    func addQdisc(ifindex: UInt32) throws(KernelError) -> Bool
    func removeQdisc(ifindex: UInt32) throws(KernelError)
    /// Attaches by a cls_bpf filter. `replacing` puts it, in one step, in the place of one of ours.
    func attachFilter(
        _ program: Program, to ifindex: UInt32, _ direction: Direction, _ filter: FilterID, replacing: Bool
    ) throws(KernelError)
    func removeFilter(ifindex: UInt32, _ direction: Direction, _ filter: FilterID) throws(KernelError)
    /// All filters of the clsact qdisc, ours and others'; none when there is no such qdisc.
    func filters(ifindex: UInt32, _ direction: Direction) throws(KernelError) -> [FilterInfo]

    /// Makes the pins anew that somebody removed, from what is still held; false when none was missing.
    func restorePins() throws(KernelError) -> Bool
    /// What was found at this start and could not be used, and where it is now; nil: nothing.
    var setAside: String? { get }
    /// Whether the counters began at zero at this start, whatever the owners' table says.
    var countersAreNew: Bool { get }
    /// How many taps there can be.
    var slotCount: Int { get }
    /// The owners' table, one record per slot.
    func records() throws(KernelError) -> [TapRecord]
    func write(_ record: TapRecord, at slot: Int) throws(KernelError)
    /// The sums over all CPUs of the slots in `0..<count`.
    func counters(count: Int) throws(KernelError) -> [Counters]
    func clearCounters(slot: Int) throws(KernelError)

    /// What the wanted details of the tap have measured; nil what it never had. Of a tap of an earlier agent too.
    func details(of tap: TapID, _ wanted: Set<Detail>) throws(KernelError) -> Details
    /// What became of the tap's copies; nil: it never sent any.
    func copies(of tap: TapID) throws(KernelError) -> CopyCounters?
    /// What became of the mirror whose copies the tap looks into; nil: it never did.
    func arrivals(of tap: TapID) throws(KernelError) -> ArrivalCounters?
    /// The same of its bursts alone.
    func bursts(of tap: TapID) throws(KernelError) -> Details.Bursts?
    func write(_ bursts: BurstCounters, of tap: TapID) throws(KernelError)
    /// The program that was loaded for the tap stands, and follows flows or does not: its flow table takes the earlier
    /// one's place, or that goes.
    func settleFlows(of tap: TapID, wanted: Bool, now: UnixTime) throws(KernelError)
    /// Forgets the tables of the tap's details.
    func removeDetails(of tap: TapID) throws(KernelError)
    /// Forgets those of taps that are no more.
    func removeDetails(allBut taps: Set<TapID>) throws(KernelError)
}

/// What the tables of a tap's details hold.
public struct Details: Hashable, Sendable {
    public var qos: QoSCounters?
    public var flows: FlowTable?
    /// When the flow table was made; nil: by an earlier agent.
    public var flowsMadeAt: UnixTime?
    public var bursts: Bursts?

    /// The kernel's last windows, and what was made of the earlier ones.
    public struct Bursts: Hashable, Sendable {
        public var windows: BurstWindows
        public var counters: BurstCounters
    }
}

/// A pinned tcx link.
public struct LinkInfo: Hashable, Sendable {
    /// The device that it is on; 0 when that is gone and the link defunct.
    public let ifindex: UInt32
    /// The kernel's number of its program.
    public let programID: UInt32
}

/// What names a cls_bpf filter on a device and direction.
public struct FilterID: Hashable, Sendable {
    public let handle: UInt32
    public let priority: UInt32
}

/// A filter that stands on a device.
public struct FilterInfo: Hashable, Sendable {
    public let id: FilterID
    /// The kernel's number of its program; 0 when it is none of BPF.
    public var programID: UInt32 = 0
    /// Whether its program is ours by name.
    public let isOurs: Bool
    /// Whether cls_bpf filters for all protocols, as ours are, can stand at the same priority.
    public let sharesPriority: Bool
}
