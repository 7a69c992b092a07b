import CLibbpf
import CTelegenBPF
import Domain

extension BPFMap {
    private func readPerCPU() throws(KernelError) -> (bytes: [UInt8], cpus: Int) {
        let cpus = Int(libbpf_num_possible_cpus())
        return (try read(count: entries, stride: valueSize * cpus), cpus)
    }

    /// The map `qos`, summed over the CPUs.
    func qosCounters() throws(KernelError) -> QoSCounters {
        let (bytes, cpus) = try readPerCPU()
        var sum = [UInt64](repeating: 0, count: valueSize / 8)
        bytes.withUnsafeBytes { table in
            for cpu in 0..<cpus {
                for word in sum.indices {
                    sum[word] &+= table.loadUnaligned(fromByteOffset: cpu * valueSize + word * 8, as: UInt64.self)
                }
            }
        }
        return QoSCounters(sum)
    }

    /// The map `flows`: every CPU's cells.
    func flowTable() throws(KernelError) -> FlowTable {
        let (bytes, cpus) = try readPerCPU()
        return bytes.withUnsafeBytes { table in
            FlowTable(
                cpus: (0..<cpus).map { cpu in
                    (0..<entries).map { cell in
                        let offset = (cell * cpus + cpu) * valueSize
                        return FlowCell(table.loadUnaligned(fromByteOffset: offset, as: telegen_flow.self))
                    }
                })
        }
    }

    /// The map `bursts`, summed over the CPUs.
    func burstWindows() throws(KernelError) -> BurstWindows {
        let (bytes, _) = try readPerCPU()
        var windows: [UInt64: UInt64] = [:]
        bytes.withUnsafeBytes { table in
            for offset in stride(from: 0, to: bytes.count, by: 16) {
                let jiffy = table.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard jiffy != 0 else { continue }
                windows[jiffy, default: 0] &+= table.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            }
        }
        // Older ones may be overwritten by now on some CPUs.
        let oldest = (windows.keys.max() ?? 0) &- UInt64(TELEGEN_WINDOWS - 16)
        return BurstWindows(
            windows.filter { $0.key > oldest || $0.key < 1024 }.sorted { $0.key < $1.key }
                .map { (number: $0.key, bytes: $0.value) })
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
        let length = raw.family == 4 ? 4 : 16
        let addresses = withUnsafeBytes(of: raw.address) { Array($0) }
        guard raw.family == 4 || raw.family == 6, let source = IPAddress(bytes: addresses[..<length]),
            let destination = IPAddress(bytes: addresses[length..<2 * length])
        else { return nil }
        self.init(
            source: source, destination: destination, proto: raw.protocol, sourcePort: raw.source_port.bigEndian,
            destinationPort: raw.destination_port.bigEndian)
    }
}
