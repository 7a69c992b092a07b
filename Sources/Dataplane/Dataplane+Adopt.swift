import Domain

extension Dataplane {
    /// Takes over the taps that an earlier agent left; the slots stay as they are. Programs of lanes give way to new ones
    /// in one step each, so that every packet is counted once. Tailored ones go on until their jobs are known.
    func adopt() throws(KernelError) {
        let ports = Dictionary(try kernel.ports().map { ($0.ifindex, $0) }, uniquingKeysWith: { $1 })
        var filters = FilterTable(kernel)
        for (tap, slot) in slots.inUse.sorted(by: { $0.value < $1.value }) {
            do {
                guard try adopt(tap, slots[slot], ports, &filters) else {
                    try detach(tap)
                    continue
                }
                logger.info("taken over from an earlier agent", metadata: ["tap": "\(tap)"])
            } catch {
                // What passes must not take a tap off that counts: all of it is tried again.
                guard !error.isPassing else { throw error }
                logger.warning("cannot take over a tap", metadata: ["tap": "\(tap)", "error": "\(error)"])
                giveUp(tap)
            }
        }
        let known = Set(slots.inUse.keys.map(\.pin))
        for pin in try kernel.linkPins() where !known.contains(pin) { removeStranger(pin) }
    }

    private func removeStranger(_ pin: String) {
        do {
            try kernel.removeLink(pin: pin)
            logger.warning("removed a pin among the links that belongs to no tap", metadata: ["pin": "\(pin)"])
        } catch {
            logger.warning("cannot remove a pin of nobody", metadata: ["pin": "\(pin)", "error": "\(error)"])
        }
    }

    /// False when the tap does not stand, or not as it shall.
    private func adopt(
        _ tap: TapID, _ record: TapRecord, _ ports: [UInt32: Port], _ filters: inout FilterTable
    ) throws(KernelError) -> Bool {
        if let link = try kernel.link(pin: tap.pin) {
            guard choice != .clsact, let port = ports[link.ifindex],
                // A device of another namespace can have the same number.
                try filters.ahead(ofProgram: link.programID, at: .init(ifindex: port.ifindex, direction: tap.direction))
                    != nil
            else { return false }
            takeOver(tap, record, on: port, .tcx)
            return true
        }
        guard choice != .tcx, let filter = record.filter, let place = record.port, let port = ports[place.ifindex],
            port.name == place.name,
            try filters.holds(filter, at: .init(ifindex: port.ifindex, direction: tap.direction))
        else { return false }
        takeOver(tap, record, on: port, .clsact)
        return true
    }

    private func takeOver(_ tap: TapID, _ record: TapRecord, on port: Port, _ type: AttachType) {
        seats[tap] = Seat(port: port, type: type, program: nil, lane: nil, measurement: nil)
        guard !record.isTailored else { return }
        do {
            try change(tap, to: .plain)
        } catch {
            // The earlier agent's program goes on counting, and the change is tried again as any other.
            logger.warning("cannot exchange a tap's program", metadata: ["tap": "\(tap)", "error": "\(error)"])
        }
    }

    /// How many programs of others see a packet before the tap's own; nil when it no longer stands where it was put.
    func programsAhead(of tap: TapID, _ seat: Seat, _ places: inout FilterTable) throws(KernelError) -> Int? {
        switch seat.type {
        case .tcx:
            guard let link = try kernel.link(pin: tap.pin), link.ifindex == seat.port.ifindex else { return nil }
            return try places.ahead(ofProgram: link.programID, at: place(tap, seat))
        case .clsact:
            guard let slot = slots[tap], let filter = slots[slot].filter,
                try places.holds(filter, at: place(tap, seat))
            else { return nil }
            return try places.ahead(of: filter, at: place(tap, seat))
        }
    }

    /// The pins of our links by where they stand.
    var linkPins: [FilterTable.Place: [String]] {
        var pins: [FilterTable.Place: [String]] = [:]
        for (tap, seat) in seats where seat.type == .tcx { pins[place(tap, seat), default: []].append(tap.pin) }
        return pins
    }

    private func place(_ tap: TapID, _ seat: Seat) -> FilterTable.Place {
        FilterTable.Place(ifindex: seat.port.ifindex, direction: tap.direction)
    }
}
