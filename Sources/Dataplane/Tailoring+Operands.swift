import CTelegenBPF
import Domain
import Glibc

extension Tailoring {
    /// As the program reads it. Numbers are in the machine's byte order, addresses in the packet's.
    var operands: telegen_operands {
        var operands = telegen_operands()
        operands.slot = UInt32(slot)
        operands.sample_rate = measurement.sampleRate
        operands.seed = seed
        operands.flow_mask = UInt32(flowCells - 1)
        operands.is_network = layer == .network ? 1 : 0
        withUnsafeMutableBytes(of: &operands.flow_keys) { keys in
            for (index, key) in seed.oddNumbers(keys.count / 8).enumerated() {
                keys.storeBytes(of: key, toByteOffset: index * 8, as: UInt64.self)
            }
        }
        operands.flow_interval = 10_000_000_000 / BurstClock.nanoseconds
        operands.set(measurement.filter)
        for (detail, bit) in [(Detail.qos, TELEGEN_QOS), (.flows, TELEGEN_FLOWS), (.bursts, TELEGEN_BURSTS)]
        where measurement.detail.contains(detail) {
            operands.details |= bit.rawValue
        }
        if let copies = measurement.copies { operands.set(copies) }
        if let session = measurement.session { operands.set(session) }
        return operands
    }
}

extension UInt64 {
    /// Random odd numbers that follow from this one, by SplitMix64.
    func oddNumbers(_ count: Int) -> [UInt64] {
        (1...UInt64(count)).map { index in
            var z = self &+ index &* 0x9e37_79b9_7f4a_7c15
            z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
            return z ^ z >> 31 | 1
        }
    }
}

/// The windows of time in which bursts are measured: the kernel's jiffies.
public enum BurstClock {
    /// 1,000,000 (CONFIG_HZ 1000) to 10,000,000 (100): what the coarse clock advances by.
    static let nanoseconds: UInt64 = {
        var resolution = timespec()
        clock_getres(CLOCK_MONOTONIC_COARSE, &resolution)
        return max(1_000_000, UInt64(resolution.tv_nsec))
    }()

    /// Microseconds of a window.
    public static let resolution = Int(nanoseconds / 1000)

    /// How often the windows have to be read, so that none is overwritten: three times while they are kept.
    public static let interval = Duration.nanoseconds(Int64(nanoseconds) * Int64(TELEGEN_WINDOWS) / 3)
}

extension telegen_operands {
    /// The cap as a bucket: what comes in a jiffy is a whole number when a copy takes as much as a second has jiffies. It
    /// holds what a tenth of a second brings, and one copy at least.
    fileprivate mutating func set(_ copies: Measurement.Copies) {
        let jiffies = UInt32(1_000_000_000 / BurstClock.nanoseconds)
        copy_to = copies.ifindex
        copy_price = jiffies
        copy_refill = copies.perSecond
        copy_depth = max(UInt64(copies.perSecond) * UInt64(jiffies) / 10, UInt64(jiffies))
    }

    fileprivate mutating func set(_ session: ERSPANSession) {
        sink_session = UInt32(session.key)
        sink_type = UInt32(session.greType)
        sink_remote = session.remote?.bits ?? 0
        sink_local = session.local?.bits ?? 0
    }

    fileprivate mutating func set(_ filter: PacketFilter) {
        set(\.vlans, filter.vlan.map { Int($0) }, TELEGEN_BY_VLAN)
        set(\.protocols, filter.ipProto.map { Int($0) }, TELEGEN_BY_PROTOCOL)
        set(\.dscp, filter.dscp.map { Int($0) }, TELEGEN_BY_DSCP)
        set(\.source_port, \.source_ports, filter.l4SourcePort, TELEGEN_BY_SOURCE_PORT)
        set(\.destination_port, \.destination_ports, filter.l4DestinationPort, TELEGEN_BY_DESTINATION_PORT)
        if let prefix = filter.sourcePrefix { set(prefix, half: 0) }
        if let prefix = filter.destinationPrefix { set(prefix, half: 1) }
        if fields & ~TELEGEN_BY_VLAN.rawValue != 0 { fields |= TELEGEN_BY_IP.rawValue }
    }

    /// A bit for each number.
    private mutating func set<Words>(
        _ path: WritableKeyPath<Self, Words>, _ numbers: [Int], _ field: telegen_filter_field
    ) {
        guard !numbers.isEmpty else { return }
        fields |= field.rawValue
        withUnsafeMutableBytes(of: &self[keyPath: path]) { bits in
            for number in numbers { bits[number / 8] |= 1 << (number % 8) }
        }
    }

    private mutating func set<List>(
        _ path: WritableKeyPath<Self, List>, _ last: WritableKeyPath<Self, UInt32>, _ ranges: [ClosedRange<UInt16>],
        _ field: telegen_filter_field
    ) {
        guard !ranges.isEmpty else { return }
        fields |= field.rawValue
        let rising = ranges.joined
        self[keyPath: last] = UInt32(rising.count - 1)
        let size = MemoryLayout<telegen_ports>.size
        withUnsafeMutableBytes(of: &self[keyPath: path]) { list in
            for index in 0..<list.count / size {
                let range = rising[min(index, rising.count - 1)]
                let entry = telegen_ports(first: range.lowerBound, last: range.upperBound)
                list.storeBytes(of: entry, toByteOffset: index * size, as: telegen_ports.self)
            }
        }
    }

    /// - Parameter half: 0: the source's of the key's addresses, 1: the destination's.
    private mutating func set(_ prefix: IPPrefix, half: Int) {
        let bytes = prefix.address.bytes
        fields |= (bytes.count == 4 ? TELEGEN_BY_IPV4 : TELEGEN_BY_IPV6).rawValue
        let start = half * bytes.count
        withUnsafeMutableBytes(of: &address) { $0[start..<start + bytes.count].copyBytes(from: bytes) }
        withUnsafeMutableBytes(of: &mask) {
            for bit in 0..<prefix.length { $0[start + bit / 8] |= 0x80 >> (bit % 8) }
        }
    }
}

extension [ClosedRange<UInt16>] {
    /// The same numbers in rising ranges that do not touch.
    var joined: [ClosedRange<UInt16>] {
        sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { result, range in
            if let last = result.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
                result[result.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
    }
}

extension IPAddress {
    /// In network byte order: 4 or 16.
    var bytes: [UInt8] {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.bits.bigEndian) { Array($0) }
        case .v6(let address): withUnsafeBytes(of: address.bits.bigEndian) { Array($0) }
        }
    }

    /// Nil when there are neither 4 nor 16.
    init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(IPv4Address(bits: bytes.reduce(0) { $0 << 8 | UInt32($1) }))
        case 16: self = .v6(IPv6Address(bits: bytes.reduce(0) { $0 << 8 | UInt128($1) }))
        default: return nil
        }
    }
}
