import CLibbpf
import CTelegenBPF
import Domain
import Glibc

/// Pins that another version left, or nobody knows who.
extension LinuxKernel {
    /// Sets everything aside when a pin is not as this version makes it: its programs are taken off, and its maps can be
    /// read where they are then. Counts of a known layout stay where they are.
    ///
    /// - Returns: what was found, and what became of it; nil: nothing.
    static func setAsideMisfits(in pins: PinFolder, _ netlink: NetlinkSocket) throws(KernelError) -> String? {
        guard let misfit = try misfit(in: pins) else { return try setAsideRest(in: pins) }
        for name in try pins.names(in: pins.links) { detach(pins.linkPin(name)) }
        try removeRecordedFilters(pins, netlink)
        if let counters = mapID(pins.pin(PinnedMap.counters.name)) {
            try removeFilters(thatUse: counters, netlink)
        }
        try pins.setAside()
        return "\(misfit): set aside as \(pins.shown(PinFolder.setAsideName)), and all counts begin at zero"
    }

    /// Takes off the filters of misfits that no record names. To look into their programs wants CAP_SYS_ADMIN, which an
    /// agent has at its start alone; `setAsideMisfits` does the rest.
    public static func releaseMisfits(bpffs: String, namespaceID: String?) throws(KernelError) {
        let pins = try PinFolder(bpffs: bpffs, namespaceID: namespaceID)
        guard try misfit(in: pins) != nil, let counters = mapID(pins.pin(PinnedMap.counters.name)) else { return }
        try removeFilters(thatUse: counters, try NetlinkSocket())
    }

    /// What can be made anew beside the counts; nil: it is as this version makes it.
    private static func setAsideRest(in pins: PinFolder) throws(KernelError) -> String? {
        var found: [String] = []
        for map in [PinnedMap.totals, .retiring] where pins.exists(map.name) {
            if try !fits(pins.pin(map.name), map) { found.append(map.name) }
        }
        for name in try pins.names(in: pins.details) {
            guard let shape = DetailTables.shape(ofPin: name) else { continue }
            if try !fits(pins.detailPin(name), shape) { found.append("details/\(name)") }
        }
        for name in found { try pins.setAside(name) }
        return found.isEmpty
            ? nil
            : "pins that are not as this version makes them are set aside in "
                + "\(pins.shown(PinFolder.setAsideName)): \(found.sorted().joined(separator: ", "))"
    }

    /// What is wrong with a pin; nil: they are as this version makes them, or not there.
    private static func misfit(in pins: PinFolder) throws(KernelError) -> String? {
        var present: Set<String> = []
        for map in [PinnedMap.taps, .counters] {
            guard pins.exists(map.name) else { continue }
            present.insert(map.name)
            guard try fits(pins.pin(map.name), map) else {
                return "\(pins.shown(map.name)) is not what this version makes"
            }
        }
        guard present.contains(PinnedMap.taps.name) else {
            return present.isEmpty
                ? nil : "\(pins.shown(PinnedMap.taps.name)) is gone, and nobody knows whose the counts are"
        }
        let records = try BPFMap(.taps, in: pins, entries: 1).layouts()
        guard let other = records.first(where: { $0 != UInt32(TELEGEN_LAYOUT) }) else { return nil }
        return
            "\(pins.shown(PinnedMap.taps.name)) has records of layout \(other), and this version knows \(TELEGEN_LAYOUT)"
    }

    /// Throws when the kernel does not let us look.
    private static func fits(_ path: String, _ map: PinnedMap) throws(KernelError) -> Bool {
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return false }
        let raw = bpf_obj_get(path)
        guard raw >= 0 else { throw KernelError("open pin \(map.name)") }
        let descriptor = FileDescriptor(owning: raw)
        let entries = try? BPFMap.entries(of: descriptor.raw, map.type, valueSize: map.valueSize, path)
        return (entries ?? 0) >= map.leastEntries
    }

    /// Whatever it is: what cannot be detached ends with its pin.
    private static func detach(_ link: String) {
        let raw = bpf_obj_get(link)
        guard raw >= 0 else { return }
        bpf_link_detach(FileDescriptor(owning: raw).raw)
    }

    private static func mapID(_ path: String) -> UInt32? {
        let raw = bpf_obj_get(path)
        guard raw >= 0 else { return nil }
        let descriptor = FileDescriptor(owning: raw)
        var info = bpf_map_info()
        var size = UInt32(MemoryLayout<bpf_map_info>.size)
        guard bpf_obj_get_info_by_fd(descriptor.raw, &info, &size) == 0, info.type == BPF_MAP_TYPE_PERCPU_ARRAY.rawValue
        else { return nil }
        return info.id
    }

    /// As far as the records can be read.
    private static func removeRecordedFilters(_ pins: PinFolder, _ netlink: NetlinkSocket) throws(KernelError) {
        guard pins.exists(PinnedMap.taps.name), try fits(pins.pin(PinnedMap.taps.name), .taps) else { return }
        let map = try BPFMap(.taps, in: pins, entries: 1)
        for record in try map.tapRecords(count: map.entries) {
            guard let tap = record.tap, let filter = record.filter, let ifindex = record.port?.ifindex,
                try netlink.filters(ifindex, tap.direction).contains(where: { $0.isOurs && $0.id == filter })
            else { continue }
            clibbpf_filter_detach(Int32(ifindex), tap.direction.point, filter.handle, filter.priority)
        }
    }

    /// Filters of ours that no record names any more.
    private static func removeFilters(thatUse map: UInt32, _ netlink: NetlinkSocket) throws(KernelError) {
        for port in try netlink.ports() {
            for direction in Direction.allCases {
                for filter in try netlink.filters(port.ifindex, direction)
                where filter.isOurs && maps(of: filter.programID).contains(map) {
                    clibbpf_filter_detach(
                        Int32(port.ifindex), direction.point, filter.id.handle, filter.id.priority)
                }
            }
        }
    }

    private static func maps(of program: UInt32) -> [UInt32] {
        let raw = bpf_prog_get_fd_by_id(program)
        guard raw >= 0 else { return [] }
        let descriptor = FileDescriptor(owning: raw)
        var ids = [UInt32](repeating: 0, count: 16)
        let count = ids.withUnsafeMutableBufferPointer { ids in
            var info = bpf_prog_info()
            info.nr_map_ids = UInt32(ids.count)
            info.map_ids = UInt64(UInt(bitPattern: ids.baseAddress))
            var size = UInt32(MemoryLayout<bpf_prog_info>.size)
            return bpf_obj_get_info_by_fd(descriptor.raw, &info, &size) == 0 ? Int(info.nr_map_ids) : 0
        }
        return Array(ids.prefix(min(count, ids.count)))
    }
}

extension BPFMap {
    /// Of the map `taps`: the layouts of the records that are in use.
    fileprivate func layouts() throws(KernelError) -> [UInt32] {
        let stride = MemoryLayout<telegen_tap>.stride
        return try read(count: entries, stride: stride).withUnsafeBytes { table in
            (0..<entries).compactMap {
                let raw = table.loadUnaligned(fromByteOffset: $0 * stride, as: telegen_tap.self)
                return raw.job.0 == 0 ? nil : raw.layout
            }
        }
    }
}
