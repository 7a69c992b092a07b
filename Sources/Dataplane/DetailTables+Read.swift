import CLibbpf
import CTelegenBPF
import Domain

extension BPFMap {
    private func readPerCPU() throws(KernelError) -> (bytes: [UInt8], cpus: Int) {
        let cpus = Int(libbpf_num_possible_cpus())
        return (try read(count: entries, stride: valueSize * cpus), cpus)
    }

    /// The words of its one entry, summed over the CPUs.
    private func sumPerCPU() throws(KernelError) -> [UInt64] {
        let (bytes, cpus) = try readPerCPU()
        var sum = [UInt64](repeating: 0, count: valueSize / 8)
        bytes.withUnsafeBytes { table in
            for cpu in 0..<cpus {
                for word in sum.indices {
                    sum[word] &+= table.loadUnaligned(fromByteOffset: cpu * valueSize + word * 8, as: UInt64.self)
                }
            }
        }
        return sum
    }

    /// The map `qos`, summed over the CPUs.
    func qosCounters() throws(KernelError) -> QoSCounters { QoSCounters(try sumPerCPU()) }

    /// The map `copies`, summed over the CPUs.
    func copyCounters() throws(KernelError) -> CopyCounters {
        let words = try sumPerCPU()
        return CopyCounters(sent: words[0], failed: words[1], suppressed: words[2])
    }

    /// Of the same map, what a tunnel's end counts.
    func arrivalCounters() throws(KernelError) -> ArrivalCounters {
        let words = try sumPerCPU()
        return ArrivalCounters(lost: words[3], late: words[4], truncated: words[5], unparsed: words[6])
    }

    /// The map `flows`: every CPU's cells.
    func flowTable() throws(KernelError) -> FlowTable {
        let (bytes, cpus) = try readPerCPU()
        let cells = bytes.withUnsafeBytes { table in
            stride(from: 0, to: table.count, by: valueSize).map {
                FlowCell(table.loadUnaligned(fromByteOffset: $0, as: telegen_flow.self))
            }
        }
        return FlowTable(cells: cells, cpus: cpus)
    }

    /// The map `bursts`, summed over the CPUs. A window that one of them has overwritten is gone.
    func burstWindows() throws(KernelError) -> BurstWindows {
        let (bytes, cpus) = try readPerCPU()
        var windows: [(number: UInt64, bytes: UInt64)] = []
        bytes.withUnsafeBytes { table in
            for place in stride(from: 0, to: valueSize, by: 16) {
                var window = (number: UInt64(0), bytes: UInt64(0))
                for cpu in 0..<cpus {
                    let offset = cpu * valueSize + place
                    let number = table.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    guard number >= window.number else { continue }
                    if number > window.number { window = (number, 0) }
                    window.bytes &+= table.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
                }
                if window.number > 0 { windows.append(window) }
            }
        }
        return BurstWindows(windows.sorted { $0.number < $1.number })
    }

    /// The map `burst_totals`.
    func burstCounters() throws(KernelError) -> BurstCounters {
        let words = try read(count: 1, stride: valueSize).withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
        var counters = BurstCounters(windows: Array(words[2...]))
        (counters.lastWindow, counters.peakBytes) = (words[0], words[1])
        return counters
    }

    func write(_ counters: BurstCounters) throws(KernelError) {
        try update(0, from: [counters.lastWindow, counters.peakBytes] + counters.windows)
    }
}

extension QoSCounters {
    /// From the words of `struct telegen_qos`.
    fileprivate init(_ words: [UInt64]) {
        func word<Field>(_ path: KeyPath<telegen_qos, Field>) -> Int { MemoryLayout<telegen_qos>.offset(of: path)! / 8 }
        self.init()
        let (tos, flags, cells) = (word(\.tos), word(\.tcp_flags), word(\.control))
        typeOfService = Array(words[tos..<tos + 256])
        tcpFlags = Array(words[flags..<flags + 8])
        control = ControlProtocol.allCases.map { words[cells + $0.rawValue + 1] }
        fragments = words[word(\.fragments)]
        rocev2CNP = words[cells + Int(TELEGEN_ROCEV2_CNP.rawValue)]
        rocev2 = words[cells + Int(TELEGEN_ROCEV2.rawValue)] &+ rocev2CNP
    }
}

extension FlowCell {
    /// Without an owner when the cell was being handed over.
    init(_ raw: telegen_flow) {
        let isWhole = raw.version == raw.next_version
        self.init(
            version: raw.version, owner: isWhole ? FlowKey(raw.key) : nil,
            counted: Volume(packets: raw.packets, bytes: raw.bytes),
            missed: Volume(packets: raw.missed_packets, bytes: raw.missed_bytes),
            other: Volume(packets: raw.other_packets, bytes: raw.other_bytes))
    }
}

extension FlowKey {
    /// Nil for the key of a cell that nobody has.
    fileprivate init?(_ raw: telegen_flow_key) {
        let (source, destination): (IPAddress, IPAddress)
        let words = raw.address
        switch raw.family {
        case 4:
            (source, destination) = (
                .v4(IPv4Address(bits: words.0.bigEndian)), .v4(IPv4Address(bits: words.1.bigEndian))
            )
        case 6:
            source = .v6(IPv6Address(bits: UInt128(words.0, words.1, words.2, words.3)))
            destination = .v6(IPv6Address(bits: UInt128(words.4, words.5, words.6, words.7)))
        default: return nil
        }
        self.init(
            source: source, destination: destination, proto: raw.protocol, sourcePort: raw.source_port.bigEndian,
            destinationPort: raw.destination_port.bigEndian)
    }
}

extension UInt128 {
    /// Of words in network byte order.
    fileprivate init(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) {
        self =
            UInt128(a.bigEndian) << 96 | UInt128(b.bigEndian) << 64 | UInt128(c.bigEndian) << 32 | UInt128(d.bigEndian)
    }
}
