import CTelegenBPF
import Domain

/// Who a counter slot belongs to, as the pinned map `taps` keeps it across the agent's life.
public struct TapRecord: Hashable, Sendable {
    /// Nil: the slot is free.
    public var tap: TapID?
    public var startedAt = UnixTime(nanoseconds: 0)
    /// The kernel's boot that `startedAt` belongs to.
    public var bootID = BootID.zero
    public var attachType: AttachType?
    /// Where it was last attached.
    public var port: PortReference?
    public var filter: FilterID?
    /// The clsact qdisc was made for this tap.
    public var ownsQdisc = false
    /// Its program was made for this tap alone.
    public var isTailored = false

    public static let free = TapRecord()

    /// A device as it was known then.
    public struct PortReference: Hashable, Sendable {
        public var name: NetdevName
        public var ifindex: UInt32
    }
}

/// The 16 bytes of `/proc/sys/kernel/random/boot_id`.
public struct BootID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public static let zero = BootID(high: 0, low: 0)

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil when `text` is no UUID.
    public init?(_ text: String) {
        let digits = text.filter { $0 != "-" }
        guard digits.utf8.count == 32, let high = UInt64(digits.prefix(16), radix: 16),
            let low = UInt64(digits.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension TapRecord {
    /// Nil for a record of another layout, or one that holds what no agent writes.
    init?(_ raw: telegen_tap) {
        let name = withUnsafeBytes(of: raw.job) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard !name.isEmpty else {
            self = .free
            return
        }
        guard raw.layout == UInt32(TELEGEN_LAYOUT), let job = JobName(name), raw.direction < 2 else { return nil }
        tap = TapID(job, raw.direction == 0 ? .ingress : .egress)
        startedAt = UnixTime(nanoseconds: raw.started_at)
        bootID = withUnsafeBytes(of: raw.boot_id) {
            BootID(
                high: UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
        attachType = raw.attach_type == 1 ? .tcx : raw.attach_type == 2 ? .clsact : nil
        let netdev = withUnsafeBytes(of: raw.netdev) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        port = NetdevName(netdev).map { PortReference(name: $0, ifindex: raw.ifindex) }
        filter = attachType == .clsact ? FilterID(handle: raw.handle, priority: raw.priority) : nil
        ownsQdisc = raw.owns_qdisc != 0
        isTailored = raw.is_tailored != 0
    }

    var raw: telegen_tap {
        var raw = telegen_tap()
        guard let tap else { return raw }
        copy(tap.job.text, to: &raw.job)
        raw.layout = UInt32(TELEGEN_LAYOUT)
        raw.direction = tap.direction == .ingress ? 0 : 1
        raw.started_at = startedAt.nanoseconds
        withUnsafeMutableBytes(of: &raw.boot_id) {
            $0.storeBytes(of: bootID.high.bigEndian, as: UInt64.self)
            $0.storeBytes(of: bootID.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        raw.attach_type = attachType == .tcx ? 1 : attachType == .clsact ? 2 : 0
        if let port {
            copy(port.name.text, to: &raw.netdev)
            raw.ifindex = port.ifindex
        }
        raw.handle = filter?.handle ?? 0
        raw.priority = filter?.priority ?? 0
        raw.owns_qdisc = ownsQdisc ? 1 : 0
        raw.is_tailored = isTailored ? 1 : 0
        return raw
    }

    /// The field's last byte stays zero: names are shorter than their fields by type.
    private func copy<Field>(_ text: String, to field: inout Field) {
        withUnsafeMutableBytes(of: &field) { $0.copyBytes(from: text.utf8.prefix($0.count - 1)) }
    }
}
