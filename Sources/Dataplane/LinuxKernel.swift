import BPFPrograms
import CLibbpf
import CTelegenBPF
import Domain
import Glibc

/// The kernel of this machine, through libbpf and rtnetlink.
public final class LinuxKernel: Kernel {
    let pins: PinFolder
    let image: [UInt8]
    let btf: String?
    let netlink: NetlinkSocket
    public let slotCount: Int
    public let setAside: String?
    /// The pinned maps.
    let totalsMap: BPFMap
    let countersMap: BPFMap
    let tapsMap: BPFMap
    let retiringMap: BPFMap
    var details: [TapID: DetailTables] = [:]
    /// Those of the caps on copies, which both directions of a job share.
    var buckets: [JobName: SharedMap] = [:]
    /// What programs that look into tunnels know of their senders' numbers, for the program that comes after.
    var streams: [TapID: SharedMap] = [:]
    /// By their pins.
    var links: [String: HeldLink] = [:]

    /// Opens the pinned maps, or makes them with room for `slots` taps.
    ///
    /// - Parameters:
    ///   - object: a compiled object to use instead of the embedded one (`TELEGEN_BPF_OBJECT`).
    ///   - btf: path of the kernel's BTF, for such an object on a kernel without its own (`TELEGEN_BTF`).
    public init(pins: PinFolder, slots: Int, object: [UInt8]? = nil, btf: String? = nil) throws(KernelError) {
        clibbpf_capture_warnings()
        Self.raiseLimits()
        let cpus = libbpf_num_possible_cpus()
        guard cpus > 0 else { throw KernelError("count the CPUs", code: -cpus) }
        self.pins = pins
        image = object ?? BPFImage.count.bytes
        self.btf = btf
        netlink = try NetlinkSocket()
        _ = try pins.restore()
        setAside = try Self.setAsideMisfits(in: pins, netlink)
        tapsMap = try BPFMap(.taps, in: pins, entries: slots + 1)
        totalsMap = try BPFMap(.totals, in: pins, entries: Int(TELEGEN_CLASSES.rawValue))
        countersMap = try BPFMap(.counters, in: pins, entries: tapsMap.entries)
        retiringMap = try BPFMap(.retiring, in: pins, entries: 2)
        slotCount = min(countersMap.entries, tapsMap.entries) - 1
        try finishRetirement()
    }

    public func restorePins() throws(KernelError) -> Bool {
        var isRestored = try pins.restore()
        for map in [totalsMap, countersMap, tapsMap, retiringMap] where try map.restorePin(at: pins.pin(map.name)) {
            isRestored = true
        }
        for tables in details.values where try tables.restorePins() { isRestored = true }
        for (name, link) in links
        where try link.restorePin(at: pins.linkPin(name), shownAs: pins.shown("links/\(name)")) {
            isRestored = true
        }
        return isRestored
    }

    /// Descriptors that a tailored tap holds at most.
    public static let descriptorsOfTap = 5

    /// Before Linux 5.11 maps count against RLIMIT_MEMLOCK, and every tap holds descriptors. Without the right to raise a
    /// limit what is refused says so itself.
    public static func raiseLimits() {
        var memory = rlimit(rlim_cur: .max, rlim_max: .max)
        setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &memory)
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65536)
        setrlimit(files, &limit)
    }

    /// Descriptors that jobs leave to all else: connections, timers, libraries that take their lack for the end.
    public static let spareDescriptors: Int32 = 32

    /// Throws when there are no more to spare, half of them for what is about to be loaded.
    func checkDescriptors() throws(KernelError) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        // The lowest that is free: those below it are taken.
        let next = try FileDescriptor(duplicating: netlink.descriptor.raw)
        guard Int64(next.raw) + Int64(Self.spareDescriptors) > Int64(clamping: limit.rlim_cur) else { return }
        throw KernelError("load a program", code: EMFILE)
    }

    /// The tables of a tap's details, also when an earlier agent made them.
    func detailTables(of tap: TapID) throws(KernelError) -> DetailTables {
        if let tables = details[tap] { return tables }
        let tables = try DetailTables(of: tap, pins)
        details[tap] = tables
        return tables
    }
}
