import Domain
import Glibc

extension Dataplane {
    /// A tap that cannot measure or copy all that was asked does what it can, and the error is thrown all the same.
    func attachAsMuchAsGoes(_ tap: TapID, to port: Port, _ measurement: Measurement) throws(KernelError) {
        do {
            try attach(tap, to: port, measuring: measurement)
        } catch {
            if let less = measurement.less(after: error) { try attachAsMuchAsGoes(tap, to: port, less) }
            throw error
        }
    }

    /// Likewise.
    func changeAsMuchAsGoes(_ tap: TapID, to measurement: Measurement) throws(KernelError) {
        do {
            try change(tap, to: measurement)
        } catch {
            if let less = measurement.less(after: error), seats[tap]?.measurement != less {
                try changeAsMuchAsGoes(tap, to: less)
            }
            throw error
        }
    }

    func attach(_ tap: TapID, to port: Port, measuring measurement: Measurement) throws(KernelError) {
        let slot = try slot(for: tap)
        // What an attempt that failed could not take back, or a place that it could not be taken off.
        if slots[slot].attachType != nil { try detach(tap) }
        guard attachType == .tcx else { return try attachFilter(tap, to: port, slot, measurement) }
        // That a program is refused says nothing of tcx.
        let program = try sit(tap, on: port, .tcx, measurement)
        do {
            try attachLink(program, of: tap, to: port, slot, measurement)
        } catch {
            try attach(tap, to: port, slot, measurement, insteadOf: error)
        }
    }

    /// Lets another program measure in the place of the one that stands: every packet is counted, by one or the other.
    func change(_ tap: TapID, to measurement: Measurement) throws(KernelError) {
        guard let old = seats[tap], let slot = slots[tap] else { throw KernelError("change \(tap)", code: ENOENT) }
        let new = try seat(tap, on: old.port, old.type, measuring: measurement)
        do {
            // Whatever happens between, no successor may take a tailored program for one of a lane.
            if measurement != .plain { try record(tap, slot, isTailored: true) }
            try put(new, inPlaceOf: old, tap, slot)
        } catch {
            vacate(new, tap.direction)
            throw error
        }
        seats[tap] = new
        // The old lane's cell stays: a packet that is on its way through the old program is counted too.
        vacate(old, tap.direction)
        settleFlows(of: tap, measurement)
        if measurement == .plain { try record(tap, slot, isTailored: false) }
    }

    /// Its program stands whatever becomes of the pins, which are restored when they are looked after.
    private func settleFlows(of tap: TapID, _ measurement: Measurement) {
        do {
            try kernel.settleFlows(of: tap, wanted: measurement.detail.contains(.flows), now: clock())
        } catch {
            logger.warning(
                "the pin of a flow table is not as it shall be", metadata: ["tap": "\(tap)", "error": "\(error)"])
        }
    }

    private func record(_ tap: TapID, _ slot: Int, isTailored: Bool) throws(KernelError) {
        guard slots[slot].isTailored != isTailored else { return }
        try write(slots[slot].tailored(isTailored), at: slot)
    }

    private func put(_ new: Seat, inPlaceOf old: Seat, _ tap: TapID, _ slot: Int) throws(KernelError) {
        guard let program = new.program else { return }
        switch (old.type, slots[slot].filter) {
        case (.tcx, _): try kernel.updateLink(pin: tap.pin, to: program)
        case (.clsact, let filter?):
            try kernel.attachFilter(program, to: old.port.ifindex, tap.direction, filter, replacing: true)
        case (.clsact, nil): throw KernelError("change \(tap)", code: ENOENT)
        }
    }

    /// By clsact what tcx has refused, when that helps and may be.
    private func attach(
        _ tap: TapID, to port: Port, _ slot: Int, _ measurement: Measurement, insteadOf error: KernelError
    ) throws(KernelError) {
        switch (error.code, choice) {
        // Kernels before 6.6 do not know the attach type; no other question tells.
        case (EINVAL, .auto), (EOPNOTSUPP, .auto):
            try attachFilter(tap, to: port, slot, measurement)
            attachType = .clsact
            logger.notice("this kernel has no tcx (Linux 6.6): using clsact")
        case (ERANGE, .auto):
            try attachFilter(tap, to: port, slot, measurement)
            logger.notice("the port takes no more by tcx: using clsact", metadata: ["tap": "\(tap)"])
        case (ERANGE, _):
            throw KernelError(
                error.operation, code: error.code,
                detail: "a port takes 63 programs by tcx: set TELEGEN_ATTACH=auto or clsact, or run fewer jobs on it")
        default: throw error
        }
    }

    /// After a failure: nothing of the tap stands, or its record says what, and the next attempt begins with its end.
    func giveUp(_ tap: TapID) {
        rise(tap)
        do {
            try detach(tap)
        } catch {
            logger.warning("cannot clear up after a failure", metadata: ["tap": "\(tap)", "error": "\(error)"])
        }
    }

    func detach(_ tap: TapID) throws(KernelError) {
        guard let slot = slots[tap] else { return }
        var record = slots[slot]
        // Also when the record speaks of clsact: a link of that name can only be ours.
        try kernel.removeLink(pin: tap.pin)
        if let port = record.port, let filter = record.filter {
            try removeFilter(tap, record, port.ifindex, filter)
        }
        rise(tap)
        record.attachType = nil
        record.filter = nil
        record.ownsQdisc = false
        record.port = nil
        record.isTailored = false
        try write(record, at: slot)
    }

    /// Loads the program, and sits the tap down.
    private func sit(
        _ tap: TapID, on port: Port, _ type: AttachType, _ measurement: Measurement
    ) throws(KernelError) -> Program {
        let seat = try seat(tap, on: port, type, measuring: measurement)
        seats[tap] = seat
        guard let program = seat.program else { throw KernelError("load a program", code: ENOENT) }
        return program
    }

    private func attachLink(
        _ program: Program, of tap: TapID, to port: Port, _ slot: Int, _ measurement: Measurement
    ) throws(KernelError) {
        do {
            var record = slots[slot].tailored(measurement != .plain)
            record.attachType = .tcx
            record.port = .init(name: port.name, ifindex: port.ifindex)
            try write(record, at: slot)
            try kernel.attachLink(program, to: port.ifindex, tap.direction, pin: tap.pin)
            settleFlows(of: tap, measurement)
        } catch {
            giveUp(tap)
            throw error
        }
    }

    /// The record is written before the qdisc and the filter stand, so that neither can be without a record of it.
    private func attachFilter(
        _ tap: TapID, to port: Port, _ slot: Int, _ measurement: Measurement
    ) throws(KernelError) {
        let program = try sit(tap, on: port, .clsact, measurement)
        do {
            let isNew = try lacksQdisc(port, tap.direction)
            let filter = try freeFilter(port.ifindex, tap.direction, handle: UInt32(slot + 1))
            var record = slots[slot].tailored(measurement != .plain)
            record.attachType = .clsact
            record.port = .init(name: port.name, ifindex: port.ifindex)
            record.filter = filter
            record.ownsQdisc = isNew
            try write(record, at: slot)
            if isNew { try makeQdisc(port, record, slot) }
            try kernel.attachFilter(program, to: port.ifindex, tap.direction, filter, replacing: false)
            settleFlows(of: tap, measurement)
        } catch {
            giveUp(tap)
            throw error
        }
    }

    /// Whether the clsact qdisc is to be made. In an `ingress` qdisc a filter for egress would see what comes in.
    private func lacksQdisc(_ port: Port, _ direction: Direction) throws(KernelError) -> Bool {
        let kind = try kernel.qdisc(ifindex: port.ifindex)
        guard kind == "ingress", direction == .egress else { return kind == nil }
        throw KernelError(
            "attach an egress filter to \(port.name)", code: EBUSY,
            detail: """
                an ingress qdisc of another program is on \(port.name): replace it by clsact (tc qdisc del dev \
                \(port.name) ingress && tc qdisc add dev \(port.name) clsact), and let that program add its filters anew
                """)
    }

    /// Makes the qdisc that the record says is ours; when somebody else was first it is looked at anew, next time.
    private func makeQdisc(_ port: Port, _ record: TapRecord, _ slot: Int) throws(KernelError) {
        guard try !kernel.addQdisc(ifindex: port.ifindex) else { return }
        var corrected = record
        corrected.ownsQdisc = false
        try write(corrected, at: slot)
        throw KernelError("make the clsact qdisc of \(port.name)", code: EEXIST, detail: "another program was first")
    }

    /// The lowest priority, which is looked at first, at which a filter of ours can stand beside those of others.
    private func freeFilter(_ ifindex: UInt32, _ direction: Direction, handle: UInt32) throws(KernelError) -> FilterID {
        let others = try kernel.filters(ifindex: ifindex, direction)
        for priority in UInt32(1)...256 {
            let neighbours = others.filter { $0.id.priority == priority }
            if neighbours.allSatisfy({ $0.sharesPriority && $0.id.handle != handle }) {
                return FilterID(handle: handle, priority: priority)
            }
        }
        throw KernelError("find a free tc priority", code: EBUSY, detail: "256 priorities hold filters of others")
    }

    /// Removes the filter when it is still ours, and the qdisc when it was made for us and holds nothing more.
    private func removeFilter(
        _ tap: TapID, _ record: TapRecord, _ ifindex: UInt32, _ filter: FilterID
    ) throws(KernelError) {
        guard try kernel.ports().contains(where: { $0.ifindex == ifindex }) else { return }
        let filters = try kernel.filters(ifindex: ifindex, tap.direction)
        if filters.contains(where: { $0.id == filter && $0.isOurs }) {
            try kernel.removeFilter(ifindex: ifindex, tap.direction, filter)
        }
        guard record.ownsQdisc else { return }
        // By the records: while an earlier agent's taps are taken over not all of them sit yet.
        let heir = slots.inUse.first { other, slot in
            other != tap && slots[slot].filter != nil && slots[slot].port?.ifindex == ifindex
        }
        if let slot = heir?.value {
            var inherited = slots[slot]
            inherited.ownsQdisc = true
            try write(inherited, at: slot)
        } else {
            try removeEmptyQdisc(ifindex)
        }
    }

    /// Not when somebody has put another one in its place.
    private func removeEmptyQdisc(_ ifindex: UInt32) throws(KernelError) {
        guard try kernel.qdisc(ifindex: ifindex) == "clsact" else { return }
        for direction in Direction.allCases {
            guard try kernel.filters(ifindex: ifindex, direction).isEmpty else { return }
        }
        try kernel.removeQdisc(ifindex: ifindex)
    }
}

extension Measurement {
    /// Without flows when there is no room for them, else without copies, whose program is the one that a kernel might
    /// refuse alone; nil: there is nothing to leave out.
    fileprivate func less(after error: KernelError) -> Measurement? {
        var rest = self
        if error.code == EDQUOT {
            rest.detail.remove(.flows)
        } else {
            rest.copies = nil
        }
        return rest == self ? nil : rest
    }
}

extension TapRecord {
    fileprivate func tailored(_ isTailored: Bool) -> TapRecord {
        var record = self
        record.isTailored = isTailored
        return record
    }
}

extension TapID {
    /// The link's name in the pin folder; bpffs takes no dots, and job names have none.
    var pin: String { "\(job.text)_\(direction.rawValue)" }
}
