import CTelegenBPF
import Traffic

/// Numbers by name, without those that are zero: what was counted, or is to be.
typealias NamedCounts = [String: UInt64]

extension ProgramUnderTest {
    /// What the maps hold besides flows.
    func counts() -> NamedCounts {
        var counts = common()
        if flags.contains("q") { counts.merge(qos()) { $1 } }
        if flags.contains("b") {
            let rings: [telegen_windows] = map("bursts")?.values() ?? []
            counts["burst bytes"] = rings.reduce(0) { $0 &+ $1.bytes }
        }
        if flags.contains("c"), let sums = map("copies")?.sums() {
            counts["truncated"] = sums[word(\telegen_copies.truncated)]
            counts["unparsed"] = sums[word(\telegen_copies.unparsed)]
        }
        return counts.filter { $0.value != 0 }
    }

    /// Packets that have come by, filtered ones too.
    var seen: UInt64 {
        guard let sums = map("if_stats_percpu")?.sums() else { return 0 }
        return sums.dropFirst(word(\telegen_counters.sizes)).reduce(sums[word(\telegen_counters.filtered)], +)
    }

    func clear() {
        map("if_stats_percpu")?.clear()
        for (flag, name) in [("q", "qos"), ("t", "flows"), ("b", "bursts"), ("c", "copies")] where flags.contains(flag)
        {
            map(name)?.clear()
        }
    }

    private func common() -> NamedCounts {
        guard let sums = map("if_stats_percpu")?.sums() else { return [:] }
        let sizes = sums.dropFirst(word(\telegen_counters.sizes))
        var counts = ["parse errors": sums[word(\telegen_counters.parse_errors)]]
        counts["filtered"] = sums[word(\telegen_counters.filtered)]
        for packetClass in ExpectedCount.PacketClass.allCases {
            counts["\(packetClass) bytes"] = sums[packetClass.rawValue]
            for bucket in 0..<Int(TELEGEN_BUCKETS) {
                let cell = packetClass.rawValue * Int(TELEGEN_BUCKETS) + bucket
                counts["\(packetClass) size \(bucket)"] = sizes[sizes.startIndex + cell]
            }
        }
        return counts
    }

    private func qos() -> NamedCounts {
        guard let sums = map("qos")?.sums() else { return [:] }
        var counts = ["fragments": sums[word(\telegen_qos.fragments)]]
        let control = sums.dropFirst(word(\telegen_qos.control)).prefix(Int(TELEGEN_CONTROL_CELLS.rawValue))
        let notifications = control[control.startIndex + Int(TELEGEN_ROCEV2_CNP.rawValue)]
        counts["rocev2"] = notifications + control[control.startIndex + Int(TELEGEN_ROCEV2.rawValue)]
        counts["rocev2 cnp"] = notifications
        for tos in 0..<256 { counts["tos \(tos)"] = sums[word(\telegen_qos.tos) + tos] }
        for flags in 0..<8 { counts["tcp flags \(flags)"] = sums[word(\telegen_qos.tcp_flags) + flags] }
        for cell in ExpectedControl.allCases {
            counts["control \(cell)"] = control[control.startIndex + cell.rawValue]
        }
        return counts
    }

    private func word<Value, Field>(_ field: KeyPath<Value, Field>) -> Int {
        MemoryLayout<Value>.offset(of: field)! / 8
    }
}

extension telegen_windows {
    fileprivate var bytes: UInt64 {
        withUnsafeBytes(of: self) { bytes in
            let words = bytes.bindMemory(to: UInt64.self)
            return stride(from: 1, to: words.count, by: 2).reduce(0) { $0 &+ words[$1] }
        }
    }
}

extension ExpectedMeasurement {
    /// What a program with these flags is to hold besides flows.
    func counts(of flags: String) -> NamedCounts {
        var counts: NamedCounts = ["parse errors": tally.malformed, "filtered": filtered]
        for packetClass in ExpectedCount.PacketClass.allCases {
            counts["\(packetClass) bytes"] = tally[packetClass].bytes
            for (bucket, packets) in tally[packetClass].sizes.enumerated() {
                counts["\(packetClass) size \(bucket)"] = packets
            }
        }
        if flags.contains("q") { counts.merge(qos.counts) { $1 } }
        if flags.contains("b") { counts["burst bytes"] = tally.bytes }
        return counts.filter { $0.value != 0 }
    }
}

extension QoSTally {
    fileprivate var counts: NamedCounts {
        var counts = ["fragments": fragments, "rocev2": rocev2, "rocev2 cnp": rocev2CNP]
        for (tos, packets) in typeOfService.enumerated() { counts["tos \(tos)"] = packets }
        for (flags, frames) in tcpFlags.enumerated() { counts["tcp flags \(flags)"] = frames }
        for (protocolOfControl, packets) in control { counts["control \(protocolOfControl)"] = packets }
        return counts
    }
}
