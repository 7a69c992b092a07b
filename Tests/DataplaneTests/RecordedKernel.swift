import Domain
import Logging

@testable import Dataplane

/// A kernel in memory: does what Linux does with links, filters and maps, and records every call that changes something.
class RecordedKernel: Kernel {
    var devices: [Port] = []
    var hasTCX = true
    var calls: [String] = []
    /// The next call that begins so fails.
    /// As they were settled last.
    var tapsWithFlows: [TapID: Bool] = [:]
    var failing: (call: String, error: KernelError)?

    var linkTable: [String: (ifindex: UInt32, direction: Direction, program: ObjectIdentifier)] = [:]
    var filterTable: [Hook: [FilterInfo]] = [:]
    /// Devices with the clsact qdisc.
    var qdiscs: Set<UInt32> = []
    /// Devices with the `ingress` qdisc of somebody else.
    var ingressQdiscs: Set<UInt32> = []
    /// How many programs a device takes by tcx, per direction.
    var tcxRoom = 63
    var pinsAreMissing = false
    var countersAreNew = false
    var setAside: String?
    /// How often filters were asked for.
    var filterDumps = 0
    var recordTable: [TapRecord]
    var counterTable: [Counters]
    /// By program: which slot a device counts in.
    var lanes: [ObjectIdentifier: [UInt32: Int]] = [:]
    /// What the tcx chain of every port and direction says.
    var chain: [UInt32]?
    /// By program: what it was made for.
    var tailored: [ObjectIdentifier: Tailoring] = [:]
    /// Whose detail tables are there.
    var tapsWithDetails: Set<TapID> = []
    private var programs: [Program] = []

    struct Hook: Hashable {
        let ifindex: UInt32
        let direction: Direction
    }

    init(slots: Int = 8, ports: [Port] = []) {
        recordTable = Array(repeating: .free, count: slots)
        counterTable = Array(repeating: Counters(), count: slots)
        devices = ports
    }

    var slotCount: Int { recordTable.count }

    private func note(_ call: String) throws(KernelError) {
        calls.append(call)
        if let failing, call.hasPrefix(failing.call) {
            self.failing = nil
            throw failing.error
        }
    }

    func ports() throws(KernelError) -> [Port] { devices }

    func load(_ layer: Port.Layer) throws(KernelError) -> Program {
        try note("load \(layer)")
        let program = Program(program: FileDescriptor(owning: -1))
        programs.append(program)
        return program
    }

    func load(_ tailoring: Tailoring) throws(KernelError) -> Program {
        try note("load \(tailoring.programName) \(tailoring.tap)")
        let program = Program(program: FileDescriptor(owning: -1))
        programs.append(program)
        tailored[ObjectIdentifier(program)] = tailoring
        tapsWithDetails.insert(tailoring.tap)
        return program
    }

    func point(_ program: Program, ifindex: UInt32, at slot: Int?) {
        lanes[ObjectIdentifier(program), default: [:]][ifindex] = slot
    }

    func speed(of port: Port) -> UInt64? { 10_000_000_000 }

    func attachLink(
        _ program: Program, to ifindex: UInt32, _ direction: Direction, pin: String
    ) throws(KernelError) {
        try note("link \(pin)")
        guard hasTCX else { throw KernelError("attach", code: 22) }
        guard devices.contains(where: { $0.ifindex == ifindex }) else { throw KernelError("attach", code: 19) }
        guard linkTable.values.count(where: { $0.ifindex == ifindex && $0.direction == direction }) < tcxRoom else {
            throw KernelError("attach", code: 34)
        }
        let id = ObjectIdentifier(program)
        if linkTable.values.contains(where: { $0.ifindex == ifindex && $0.direction == direction && $0.program == id })
        {
            throw KernelError("attach", code: 17)
        }
        linkTable[pin] = (ifindex, direction, id)
    }

    func updateLink(pin: String, to program: Program) throws(KernelError) {
        try note("update \(pin)")
        linkTable[pin]?.program = ObjectIdentifier(program)
    }

    func link(pin: String) throws(KernelError) -> LinkInfo? {
        linkTable[pin].map { link in
            let isThere = devices.contains { $0.ifindex == link.ifindex }
            return LinkInfo(ifindex: isThere ? link.ifindex : 0, programID: number(of: link.program))
        }
    }

    func number(of program: ObjectIdentifier) -> UInt32 {
        UInt32((programs.firstIndex { ObjectIdentifier($0) == program } ?? -1) + 1)
    }

    func chain(ifindex: UInt32, _ direction: Direction) -> [UInt32]? { chain }

    func removeLink(pin: String) throws(KernelError) {
        guard linkTable[pin] != nil else { return }
        try note("unlink \(pin)")
        linkTable[pin] = nil
    }

    func linkPins() throws(KernelError) -> [String] { linkTable.keys.sorted() }

    func qdisc(ifindex: UInt32) throws(KernelError) -> String? {
        qdiscs.contains(ifindex) ? "clsact" : ingressQdiscs.contains(ifindex) ? "ingress" : nil
    }

    func addQdisc(ifindex: UInt32) throws(KernelError) -> Bool {
        try note("qdisc \(ifindex)")
        return !ingressQdiscs.contains(ifindex) && qdiscs.insert(ifindex).inserted
    }

    func removeQdisc(ifindex: UInt32) throws(KernelError) {
        try note("no qdisc \(ifindex)")
        guard qdiscs.remove(ifindex) != nil else { throw KernelError("remove", code: 2) }
        for direction in Direction.allCases { filterTable[Hook(ifindex: ifindex, direction: direction)] = nil }
    }

    func attachFilter(
        _ program: Program, to ifindex: UInt32, _ direction: Direction, _ filter: FilterID, replacing: Bool
    ) throws(KernelError) {
        try note("filter \(ifindex) \(direction) \(filter.handle)@\(filter.priority)\(replacing ? " again" : "")")
        guard let kind = try qdisc(ifindex: ifindex) else { throw KernelError("attach", code: 2) }
        let hook = Hook(ifindex: ifindex, direction: kind == "ingress" ? .ingress : direction)
        if !replacing {
            filterTable[hook, default: []].append(FilterInfo(id: filter, isOurs: true, sharesPriority: true))
        }
    }

    func removeFilter(ifindex: UInt32, _ direction: Direction, _ filter: FilterID) throws(KernelError) {
        try note("no filter \(ifindex) \(direction) \(filter.handle)@\(filter.priority)")
        filterTable[Hook(ifindex: ifindex, direction: direction)]?.removeAll { $0.id == filter }
    }

    func filters(ifindex: UInt32, _ direction: Direction) throws(KernelError) -> [FilterInfo] {
        filterDumps += 1
        return filterTable[Hook(ifindex: ifindex, direction: direction)] ?? []
    }

    func restorePins() throws(KernelError) -> Bool {
        guard pinsAreMissing else { return false }
        try note("pins")
        pinsAreMissing = false
        return true
    }

    func records() throws(KernelError) -> [TapRecord] { recordTable }

    func write(_ record: TapRecord, at slot: Int) throws(KernelError) {
        try note("record \(slot) \(record.tap.map { "\($0)" } ?? "free")")
        recordTable[slot] = record
    }

    func counters(count: Int) throws(KernelError) -> [Counters] { Array(counterTable.prefix(count)) }

    func clearCounters(slot: Int) throws(KernelError) {
        try note("clear \(slot)")
        counterTable[slot] = Counters()
    }

    func settleFlows(of tap: TapID, wanted: Bool, now: UnixTime) { tapsWithFlows[tap] = wanted }

    func details(of tap: TapID, _ wanted: Set<Detail>) throws(KernelError) -> Details { Details() }

    func copies(of tap: TapID) throws(KernelError) -> CopyCounters? { nil }
    func arrivals(of tap: TapID) throws(KernelError) -> ArrivalCounters? { nil }

    func bursts(of tap: TapID) throws(KernelError) -> Details.Bursts? { nil }

    func write(_ bursts: BurstCounters, of tap: TapID) throws(KernelError) {}

    func removeDetails(of tap: TapID) throws(KernelError) { tapsWithDetails.remove(tap) }

    func removeDetails(allBut taps: Set<TapID>) throws(KernelError) { tapsWithDetails.formIntersection(taps) }
}

extension Port {
    static let ethernet0 = Port(name: NetdevName("Ethernet0")!, ifindex: 7)
    static let ethernet4 = Port(name: NetdevName("Ethernet4")!, ifindex: 8)
}

extension TapID {
    static let a = TapID(JobName("a")!, .ingress)
    static let aOut = TapID(JobName("a")!, .egress)
    static let b = TapID(JobName("b")!, .ingress)
}

extension Dataplane {
    /// An agent's start on this kernel.
    static func start(
        _ kernel: RecordedKernel, attach: AttachChoice = .auto, now: UInt64 = 1,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws -> Dataplane {
        try Dataplane(
            kernel: kernel, attach: attach, bootID: BootID(high: 1, low: 2), clock: { UnixTime(nanoseconds: now) },
            logger: logger)
    }
}
