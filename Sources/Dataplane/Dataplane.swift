import Domain
import Glibc
import Logging

/// The taps of this agent in the kernel: counter slots, programs and where they stand.
///
/// Owns no thread and takes no lock: its one user calls it from one place. Everything it knows it can find again in
/// the kernel, so that a killed agent's successor continues every count.
public final class Dataplane {
    let kernel: any Kernel
    let choice: AttachChoice
    let bootID: BootID
    let logger: Logger
    let clock: () -> UnixTime

    var slots: Slots
    var seats: [TapID: Seat] = [:]
    private var lanes = Lanes()
    /// Of the lanes.
    private var programs: [ProgramKey: Program] = [:]
    /// What `auto` has come to.
    var attachType: AttachType

    /// Where a tap stands and what serves it there.
    struct Seat {
        let port: Port
        let type: AttachType
        /// Nil: a tailored program that an earlier agent loaded.
        let program: Program?
        /// Nil: a tailored program.
        let lane: Int?
        /// Nil: not known.
        let measurement: Measurement?
        /// As it was when the tap was looked after last.
        var programsAhead = 0
    }

    struct ProgramKey: Hashable {
        let layer: Port.Layer
        let direction: Direction
        let lane: Int
    }

    /// Finds what an earlier agent left and takes it over, counting all the while.
    public init(
        kernel: any Kernel, attach choice: AttachChoice, bootID: BootID, clock: @escaping () -> UnixTime,
        logger: Logger
    ) throws(KernelError) {
        self.kernel = kernel
        self.choice = choice
        self.bootID = bootID
        self.clock = clock
        self.logger = logger
        attachType = choice == .clsact ? .clsact : .tcx
        slots = Slots(try kernel.records())
        if let setAside = kernel.setAside { logger.warning("\(setAside)") }
        if kernel.countersAreNew { try beginAnew() }
        try adopt()
        try kernel.removeDetails(allBut: Set(slots.inUse.keys))
        try clearFreeSlots()
    }

    /// Every tap that has a slot.
    public var taps: [TapID: TapState] {
        slots.inUse.mapValues { slot in
            let record = slots[slot]
            let seat = record.tap.flatMap { seats[$0] }
            return TapState(
                startedAt: record.startedAt, attachment: seat.map { Attachment(port: $0.port, type: $0.type) },
                measurement: seat?.measurement, programsAhead: seat?.programsAhead ?? 0)
        }
    }

    public func ports() throws(KernelError) -> [Port] { try kernel.ports() }
    public func speed(of port: Port) -> UInt64? { kernel.speed(of: port) }

    /// What every tap has counted, summed over the CPUs.
    public func counters() throws(KernelError) -> [TapID: Counters] {
        let rows = try kernel.counters(count: slots.end)
        return slots.inUse.mapValues { rows[$0] }
    }

    /// What the details of a tap have measured.
    public func details(of tap: TapID, _ wanted: Set<Detail>) throws(KernelError) -> Details {
        try kernel.details(of: tap, wanted)
    }

    /// What became of the copies of a tap's packets; nil: it never sent any.
    public func copies(of tap: TapID) throws(KernelError) -> CopyCounters? { try kernel.copies(of: tap) }

    /// What became of the mirror whose copies the tap looks into; nil: it never did.
    public func arrivals(of tap: TapID) throws(KernelError) -> ArrivalCounters? { try kernel.arrivals(of: tap) }

    /// The bursts of every tap that looks for them.
    public func bursts() throws(KernelError) -> [TapID: Details.Bursts] {
        var bursts: [TapID: Details.Bursts] = [:]
        for (tap, seat) in seats where seat.measurement?.detail.contains(.bursts) == true {
            bursts[tap] = try kernel.bursts(of: tap)
        }
        return bursts
    }

    public func write(_ bursts: BurstCounters, of tap: TapID) throws(KernelError) { try kernel.write(bursts, of: tap) }

    /// Performs one step of a plan.
    public func perform(_ action: Action) throws(KernelError) {
        switch action {
        case .attach(let tap, let port, let measurement): try attachAsMuchAsGoes(tap, to: port, measurement)
        case .change(let tap, let measurement): try changeAsMuchAsGoes(tap, to: measurement)
        case .detach(let tap): try detach(tap)
        case .release(let tap):
            try detach(tap)
            try free(tap)
        }
    }

    /// Looks whether every tap still stands where it was put; forgets those that do not, so that they are planned anew.
    public func verify() throws(KernelError) {
        var failures = Failures()
        failures.note { () throws(KernelError) in
            guard try kernel.restorePins() else { return }
            logger.warning("pins were removed and are restored")
        }
        var filters = FilterTable(kernel, pins: linkPins)
        for (tap, seat) in seats {
            failures.note { () throws(KernelError) in
                guard try !stands(tap, seat, &filters) else { return }
                logger.warning("tap is gone from its port", metadata: ["tap": "\(tap)", "port": "\(seat.port.name)"])
                // Whatever becomes of what is left of it: it does not count, and is to be attached anew.
                rise(tap)
                try detach(tap)
            }
        }
        // Of those nobody else would think again: they do not stand.
        for (tap, slot) in slots.inUse where seats[tap] == nil && slots[slot].attachType != nil {
            failures.note { () throws(KernelError) in try detach(tap) }
        }
        try failures.throwFirst()
    }

    /// Throws what may be otherwise a moment later; a tap that cannot be found for another reason does not stand.
    private func stands(_ tap: TapID, _ seat: Seat, _ filters: inout FilterTable) throws(KernelError) -> Bool {
        do {
            return try look(tap, seat, &filters)
        } catch {
            guard !error.isPassing else { throw error }
            logger.warning("cannot look after a tap", metadata: ["tap": "\(tap)", "error": "\(error)"])
            return false
        }
    }

    /// False when the tap no longer stands where it was put.
    private func look(_ tap: TapID, _ seat: Seat, _ filters: inout FilterTable) throws(KernelError) -> Bool {
        guard let ahead = try programsAhead(of: tap, seat, &filters) else { return false }
        seats[tap]?.programsAhead = ahead
        return true
    }

    /// Takes every tap off its port and forgets the counters: `run --detach-on-exit`.
    public func releaseAll() throws(KernelError) {
        var failures = Failures()
        for tap in slots.inUse.keys {
            failures.note { () throws(KernelError) in try perform(.release(tap)) }
        }
        try failures.throwFirst()
    }
}

/// `TELEGEN_ATTACH`.
public enum AttachChoice: String, CaseIterable, Sendable {
    /// tcx where the kernel has it, else clsact.
    case auto
    case tcx, clsact
}

extension Dataplane {
    /// A program that counts the port's packets in the tap's slot and measures what it shall, not yet attached.
    func seat(_ tap: TapID, on port: Port, _ type: AttachType, measuring measurement: Measurement) throws(KernelError)
        -> Seat
    {
        guard measurement == .plain else {
            let program = try kernel.load(tailoring(of: tap, on: port, measurement))
            return Seat(port: port, type: type, program: program, lane: nil, measurement: measurement)
        }
        let lane = lanes.take(port.ifindex, tap.direction)
        do {
            let program = try program(ProgramKey(layer: port.layer, direction: tap.direction, lane: lane))
            kernel.point(program, ifindex: port.ifindex, at: slots[tap])
            return Seat(port: port, type: type, program: program, lane: lane, measurement: measurement)
        } catch {
            leave(lane, port, tap.direction)
            throw error
        }
    }

    private func tailoring(of tap: TapID, on port: Port, _ measurement: Measurement) -> Tailoring {
        let slot = slots[tap] ?? 0
        let seed = slots[slot].startedAt.nanoseconds &* 0xbf58_476d_1ce4_e5b9 ^ slots[slot].bootID.low
        return Tailoring(
            tap: tap, slot: slot, layer: port.layer, measurement: measurement, seed: seed,
            continuesFlows: seats[tap]?.measurement?.detail.contains(.flows) ?? true)
    }

    /// The tap's seat is free again, and in its lane nothing points at its slot any more.
    func rise(_ tap: TapID) {
        guard let seat = seats.removeValue(forKey: tap) else { return }
        if let program = seat.program { kernel.point(program, ifindex: seat.port.ifindex, at: nil) }
        vacate(seat, tap.direction)
    }

    /// Gives a place in a lane back; a lane's program goes with its last tap.
    func vacate(_ seat: Seat, _ direction: Direction) {
        if let lane = seat.lane { leave(lane, seat.port, direction) }
    }

    private func leave(_ lane: Int, _ port: Port, _ direction: Direction) {
        lanes.leave(lane, port.ifindex, direction)
        guard lanes.isEmpty(lane, direction) else { return }
        programs = programs.filter { $0.key.lane != lane || $0.key.direction != direction }
    }

    private func program(_ key: ProgramKey) throws(KernelError) -> Program {
        if let program = programs[key] { return program }
        let program = try kernel.load(key.layer)
        programs[key] = program
        return program
    }

    /// The tap's slot, with cleared counters and a life that begins now when it is a new one.
    func slot(for tap: TapID) throws(KernelError) -> Int {
        if let slot = slots[tap] { return slot }
        guard let slot = slots.lowestFree else {
            throw KernelError(
                "find a free counter slot", code: ENOSPC,
                detail: "all \(kernel.slotCount) are in use, by rows that are down too: delete some jobs")
        }
        try kernel.clearCounters(slot: slot)
        try kernel.removeDetails(of: tap)
        var record = TapRecord.free
        record.tap = tap
        record.startedAt = clock()
        record.bootID = bootID
        try write(record, at: slot)
        return slot
    }

    /// The counters are at zero: every life that the owners' table knows begins now.
    private func beginAnew() throws(KernelError) {
        for slot in slots.inUse.values {
            var record = slots[slot]
            record.startedAt = clock()
            record.bootID = bootID
            try write(record, at: slot)
            if let tap = record.tap { try kernel.removeDetails(of: tap) }
        }
    }

    /// The record goes before the counts: a life that has ended must not be found again with other ones.
    private func free(_ tap: TapID) throws(KernelError) {
        guard let slot = slots[tap] else { return }
        try kernel.removeDetails(of: tap)
        try write(.free, at: slot)
        try kernel.clearCounters(slot: slot)
    }

    /// What an agent that was killed had freed and not yet cleared.
    private func clearFreeSlots() throws(KernelError) {
        for (slot, counters) in try kernel.counters(count: kernel.slotCount).enumerated()
        where slots[slot].tap == nil && counters != Counters() {
            try kernel.clearCounters(slot: slot)
        }
    }

    func write(_ record: TapRecord, at slot: Int) throws(KernelError) {
        try kernel.write(record, at: slot)
        slots[slot] = record
    }
}
