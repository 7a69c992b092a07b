import BPFPrograms
import CLibbpf
import CTelegenBPF
import Domain
import Glibc

/// The kernel of this machine, through libbpf and rtnetlink.
public final class LinuxKernel: Kernel {
    let pins: PinFolder
    private let image: [UInt8]
    let netlink: NetlinkSocket
    public let slotCount: Int
    /// The three pinned maps.
    private let totalsMap: BPFMap
    let countersMap: BPFMap
    let tapsMap: BPFMap

    /// Opens the pinned maps, or makes them with room for `slots` taps.
    ///
    /// - Parameter object: a compiled object to use instead of the embedded one (`TELEGEN_BPF_OBJECT`).
    public init(pins: PinFolder, slots: Int, object: [UInt8]? = nil) throws(KernelError) {
        clibbpf_capture_warnings()
        Self.raiseMemoryLimit()
        self.pins = pins
        image = object ?? BPFImage.count.bytes
        netlink = try NetlinkSocket()
        _ = try pins.restore()
        tapsMap = try BPFMap(
            pinnedAt: pins.pin("taps"), shownAs: pins.shown("taps"), BPF_MAP_TYPE_ARRAY, "taps",
            valueSize: MemoryLayout<telegen_tap>.size, entries: slots)
        if tapsMap.isNew {
            // Counters without their owners' table are nobody's; a filter that still counts in them, and that no record
            // names any more, must not count in ours.
            for name in ["stats_percpu", "if_stats_percpu"] { unlink(pins.pin(name)) }
        }
        totalsMap = try BPFMap(
            pinnedAt: pins.pin("stats_percpu"), shownAs: pins.shown("stats_percpu"), BPF_MAP_TYPE_PERCPU_ARRAY,
            "stats_percpu", valueSize: MemoryLayout<telegen_total>.size, entries: Int(TELEGEN_CLASSES.rawValue))
        countersMap = try BPFMap(
            pinnedAt: pins.pin("if_stats_percpu"), shownAs: pins.shown("if_stats_percpu"), BPF_MAP_TYPE_PERCPU_ARRAY,
            "if_stats_percpu", valueSize: MemoryLayout<telegen_counters>.size, entries: tapsMap.entries)
        slotCount = min(countersMap.entries, tapsMap.entries)
    }

    public func restorePins() throws(KernelError) -> Bool {
        var isRestored = try pins.restore()
        for map in [totalsMap, countersMap, tapsMap] where try map.restorePin(at: pins.pin(map.name)) {
            isRestored = true
        }
        return isRestored
    }

    /// Before Linux 5.11 maps count against RLIMIT_MEMLOCK. Without the right to raise it the load says so itself.
    private static func raiseMemoryLimit() {
        var limit = rlimit(rlim_cur: .max, rlim_max: .max)
        setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit)
    }

    public func load(_ layer: Port.Layer) throws(KernelError) -> Program {
        let name = layer == .ethernet ? "telegen_l2" : "telegen_l3"
        let opened = image.withUnsafeBytes { clibbpf_open($0.baseAddress, $0.count, "telegen") }
        guard let object = opened else { throw failed("open the BPF object") }
        defer { bpf_object__close(object) }
        var program = bpf_object__next_program(object, nil)
        while let candidate = program {
            bpf_program__set_autoload(candidate, String(cString: bpf_program__name(candidate)) == name)
            program = bpf_object__next_program(object, candidate)
        }
        for (map, shared) in [("stats_percpu", totalsMap), ("if_stats_percpu", countersMap)] {
            guard let handle = bpf_object__find_map_by_name(object, map),
                bpf_map__reuse_fd(handle, shared.descriptor.raw) == 0
            else { throw failed("share map \(map) with the BPF object") }
        }
        guard bpf_object__load(object) == 0 else { throw failed("load program \(name)") }
        guard let loaded = bpf_object__find_program_by_name(object, name),
            let lane = bpf_object__find_map_by_name(object, "lane")
        else { throw KernelError("find program \(name) in the BPF object", code: ENOENT) }
        return Program(
            program: try FileDescriptor(duplicating: bpf_program__fd(loaded)),
            lane: try FileDescriptor(duplicating: bpf_map__fd(lane)))
    }

    /// An error of libbpf with the warning that explains it.
    private func failed(_ operation: String) -> KernelError {
        let code = errno
        let warning = String(cString: clibbpf_last_warning()).split(separator: "\n").joined(separator: " ")
        return KernelError(operation, code: code, detail: warning.isEmpty || code == EPERM ? nil : warning)
    }

    public func point(_ program: Program, ifindex: UInt32, at slot: Int?) throws(KernelError) {
        var key = ifindex % UInt32(TELEGEN_LANE_CELLS)
        var value = slot.map { UInt32($0 + 1) } ?? 0
        try check(bpf_map_update_elem(program.lane.raw, &key, &value, 0), "point device \(ifindex) at its slot")
    }
}
