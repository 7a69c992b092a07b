import CLibbpf
import CTelegenBPF
import Domain
import Glibc

/// The pinned tables of one tap's details. What the tap has never measured is nil.
final class DetailTables {
    private(set) var qos: BPFMap?
    private(set) var flows: BPFMap?
    private(set) var bursts: BPFMap?
    private(set) var burstTotals: BPFMap?
    private(set) var copies: BPFMap?
    /// Nil: by an earlier agent.
    private(set) var flowsMadeAt: UnixTime?
    /// The flow table of the program that was loaded last, until that stands.
    private var pending: BPFMap?
    private let pins: PinFolder
    private let tap: TapID

    private enum Kind: String, CaseIterable {
        case qos, flows, bursts, copies
        case burstTotals = "burst_totals"
    }

    /// The tables that an earlier program of the tap had.
    init(of tap: TapID, _ pins: PinFolder) throws(KernelError) {
        self.tap = tap
        self.pins = pins
        for kind in Kind.allCases where access(path(kind), F_OK) == 0 { try open(kind, entries: 1) }
    }

    /// Makes the tables that the program uses and that are not there yet.
    ///
    /// - Returns: the flow table that the program is to have. A new one waits for `settleFlows`, so that a program that
    ///   is refused leaves everything as it was.
    ///
    /// - Parameter quota: bytes that a flow table may take.
    func prepare(_ tailoring: Tailoring, within quota: Int) throws(KernelError) -> BPFMap? {
        let detail = tailoring.measurement.detail
        if detail.contains(.qos), qos == nil { try open(.qos, entries: 1) }
        if detail.contains(.bursts) {
            if bursts == nil { try open(.bursts, entries: 1) }
            if burstTotals == nil { try open(.burstTotals, entries: 1) }
        }
        if tailoring.countsCopies, copies == nil { try open(.copies, entries: 1) }
        pending = nil
        guard detail.contains(.flows) else { return nil }
        pending = flows
        if !tailoring.continuesFlows || flows?.entries != tailoring.flowCells {
            let (type, size) = Self.shape(of: .flows)
            guard Self.bytes(cells: tailoring.flowCells) <= quota else {
                throw KernelError(
                    "make a flow table", code: EDQUOT,
                    detail: "flow tables of all jobs may take 32 MiB; this one needs "
                        + "\(Self.bytes(cells: tailoring.flowCells) >> 10) KiB: lower top_flows, or ask for flows in fewer jobs"
                )
            }
            pending = try BPFMap(making: type, Kind.flows.rawValue, valueSize: size, entries: tailoring.flowCells)
        }
        return pending
    }

    /// Of the kernel's memory, that the flow table takes.
    var flowBytes: Int { Self.bytes(cells: flows?.entries ?? 0) }

    private static func bytes(cells: Int) -> Int {
        cells * MemoryLayout<telegen_flow>.size * Int(libbpf_num_possible_cpus())
    }

    /// The tap's program stands, and follows flows or does not: an earlier table gives way.
    func settleFlows(wanted: Bool, now: UnixTime) throws(KernelError) {
        let new = wanted ? pending : nil
        pending = nil
        guard new !== flows else { return }
        (flows, flowsMadeAt) = (new, new.map { _ in now })
        guard unlink(path(.flows)) == 0 || errno == ENOENT else {
            throw KernelError("remove pin \(Self.name(tap, .flows))")
        }
        _ = try new?.restorePin(at: path(.flows))
    }

    /// Makes pins anew that somebody removed; false when none was missing.
    func restorePins() throws(KernelError) -> Bool {
        var isRestored = false
        for (kind, map) in [
            (Kind.qos, qos), (.flows, flows), (.bursts, bursts), (.burstTotals, burstTotals), (.copies, copies),
        ] {
            if let map, try map.restorePin(at: path(kind)) { isRestored = true }
        }
        return isRestored
    }

    static func remove(of tap: TapID, _ pins: PinFolder) throws(KernelError) {
        for kind in Kind.allCases {
            guard unlink(pins.detailPin(name(tap, kind))) == 0 || errno == ENOENT else {
                throw KernelError("remove pin \(name(tap, kind))")
            }
        }
    }

    private func path(_ kind: Kind) -> String { pins.detailPin(Self.name(tap, kind)) }

    private static func name(_ tap: TapID, _ kind: Kind) -> String { "\(tap.pin)_\(kind.rawValue)" }

    private func open(_ kind: Kind, entries: Int) throws(KernelError) {
        let (type, size) = Self.shape(of: kind)
        let map = try BPFMap(
            pinnedAt: path(kind), shownAs: pins.shown("details/\(Self.name(tap, kind))"), type, kind.rawValue,
            valueSize: size, entries: entries)
        switch kind {
        case .qos: qos = map
        case .flows: flows = map
        case .bursts: bursts = map
        case .burstTotals: burstTotals = map
        case .copies: copies = map
        }
    }

    /// Of a pin in the folder of details; nil: its name is none of ours.
    static func shape(ofPin name: String) -> PinnedMap? {
        kind(ofPin: name).map { kind in
            let (type, size) = shape(of: kind)
            return PinnedMap(name: name, type: type, valueSize: size)
        }
    }

    /// The tap of such a pin, as its link would be called.
    static func owner(ofPin name: String) -> String? {
        kind(ofPin: name).map { String(name.dropLast($0.rawValue.count + 1)) }
    }

    private static func kind(ofPin name: String) -> Kind? {
        Kind.allCases.first { name.hasSuffix("gress_\($0.rawValue)") }
    }

    private static func shape(of kind: Kind) -> (bpf_map_type, valueSize: Int) {
        switch kind {
        case .qos: (BPF_MAP_TYPE_PERCPU_ARRAY, MemoryLayout<telegen_qos>.size)
        case .flows: (BPF_MAP_TYPE_PERCPU_ARRAY, MemoryLayout<telegen_flow>.size)
        case .bursts: (BPF_MAP_TYPE_PERCPU_ARRAY, MemoryLayout<telegen_windows>.size)
        case .burstTotals: (BPF_MAP_TYPE_ARRAY, MemoryLayout<telegen_burst_totals>.size)
        case .copies: (BPF_MAP_TYPE_PERCPU_ARRAY, MemoryLayout<telegen_copies>.size)
        }
    }
}
