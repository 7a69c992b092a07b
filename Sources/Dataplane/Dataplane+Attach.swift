import Domain
import Glibc

extension Dataplane {
    func attach(_ tap: TapID, to port: Port) throws(KernelError) {
        let slot = try slot(for: tap)
        guard attachType == .tcx else { return try attachFilter(tap, to: port, slot) }
        do {
            try attachLink(tap, to: port, slot)
        } catch {
            // Kernels before 6.6 do not know the attach type; no other question tells.
            guard choice == .auto, error.code == EINVAL || error.code == EOPNOTSUPP else { throw error }
            try attachFilter(tap, to: port, slot)
            attachType = .clsact
            logger.notice("this kernel has no tcx (Linux 6.6): using clsact")
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
        try write(record, at: slot)
    }

    private func attachLink(_ tap: TapID, to port: Port, _ slot: Int) throws(KernelError) {
        let program = try sit(tap, on: port, .tcx)
        do {
            var record = slots[slot]
            record.attachType = .tcx
            record.port = .init(name: port.name, ifindex: port.ifindex)
            try write(record, at: slot)
            try kernel.attachLink(program, to: port.ifindex, tap.direction, pin: tap.pin)
        } catch {
            rise(tap)
            throw error
        }
    }

    /// The record is written before the filter stands, so that a filter without a record of it cannot be.
    private func attachFilter(_ tap: TapID, to port: Port, _ slot: Int) throws(KernelError) {
        let program = try sit(tap, on: port, .clsact)
        do {
            let isNew = try kernel.addQdisc(ifindex: port.ifindex)
            let filter = try freeFilter(port.ifindex, tap.direction, handle: UInt32(slot + 1))
            var record = slots[slot]
            record.attachType = .clsact
            record.port = .init(name: port.name, ifindex: port.ifindex)
            record.filter = filter
            record.ownsQdisc = isNew
            try write(record, at: slot)
            try kernel.attachFilter(program, to: port.ifindex, tap.direction, filter, replacing: false)
        } catch {
            rise(tap)
            throw error
        }
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
        if let heir = seats.first(where: {
            $0.key != tap && $0.value.type == .clsact && $0.value.port.ifindex == ifindex
        }),
            let slot = slots[heir.key]
        {
            var inherited = slots[slot]
            inherited.ownsQdisc = true
            try write(inherited, at: slot)
        } else {
            try removeEmptyQdisc(ifindex)
        }
    }

    private func removeEmptyQdisc(_ ifindex: UInt32) throws(KernelError) {
        for direction in Direction.allCases {
            guard try kernel.filters(ifindex: ifindex, direction).isEmpty else { return }
        }
        try kernel.removeQdisc(ifindex: ifindex)
    }
}

extension TapID {
    /// The link's name in the pin folder; bpffs takes no dots, and job names have none.
    var pin: String { "\(job.text)_\(direction.rawValue)" }
}
