import CTelegenBPF
import Traffic

extension telegen_operands {
    /// Of a job that counts every packet that `rule` lets pass, in slot 0. Numbers are in the byte order of a
    /// little-endian machine.
    init(_ rule: FilterRule, isLayer3: Bool, flowCells: Int, seed: UInt64) {
        self.init()
        sample_rate = 1
        is_network = isLayer3 ? 1 : 0
        flow_mask = UInt32(flowCells - 1)
        flow_keys = (seed | 1, seed &* 3 | 1, seed &* 5 | 1, seed &* 7 | 1, seed &* 11 | 1)
        flow_interval = 2
        details = TELEGEN_QOS.rawValue | TELEGEN_FLOWS.rawValue | TELEGEN_BURSTS.rawValue
        (sink_session, sink_type) = (42, 0x88be)
        (sink_remote, sink_local) = (0xc000_0264, 0xc000_020a)
        set(\.vlans, rule.vlans, TELEGEN_BY_VLAN)
        set(\.protocols, rule.protocols, TELEGEN_BY_PROTOCOL)
        set(\.dscp, rule.dscps, TELEGEN_BY_DSCP)
        set(\.source_port, \.source_ports, rule.sourcePorts, TELEGEN_BY_SOURCE_PORT)
        set(\.destination_port, \.destination_ports, rule.destinationPorts, TELEGEN_BY_DESTINATION_PORT)
        set(rule.source, isSource: true)
        set(rule.destination, isSource: false)
        if fields & ~TELEGEN_BY_VLAN.rawValue != 0 { fields |= TELEGEN_BY_IP.rawValue }
    }

    /// A bit for each number.
    private mutating func set<Words>(
        _ path: WritableKeyPath<Self, Words>, _ numbers: Set<Int>, _ field: telegen_filter_field
    ) {
        guard !numbers.isEmpty else { return }
        fields |= field.rawValue
        withUnsafeMutableBytes(of: &self[keyPath: path]) { bits in
            for number in numbers { bits[number / 8] |= 1 << (number % 8) }
        }
    }

    /// The ranges have to be rising and apart.
    private mutating func set<List>(
        _ path: WritableKeyPath<Self, List>, _ last: WritableKeyPath<Self, UInt32>, _ ranges: [ClosedRange<Int>],
        _ field: telegen_filter_field
    ) {
        guard !ranges.isEmpty else { return }
        fields |= field.rawValue
        self[keyPath: last] = UInt32(ranges.count - 1)
        withUnsafeMutableBytes(of: &self[keyPath: path]) { list in
            list.withMemoryRebound(to: telegen_ports.self) { list in
                for index in list.indices {
                    let range = ranges[min(index, ranges.count - 1)]
                    list[index] = telegen_ports(first: UInt16(range.lowerBound), last: UInt16(range.upperBound))
                }
            }
        }
    }

    /// Source and destination are one behind the other, as in the flow's key.
    private mutating func set(_ prefix: FilterRule.Prefix?, isSource: Bool) {
        guard let prefix else { return }
        fields |= (prefix.address.count == 4 ? TELEGEN_BY_IPV4 : TELEGEN_BY_IPV6).rawValue
        let start = isSource ? 0 : prefix.address.count
        withUnsafeMutableBytes(of: &address) { bytes in
            for (index, byte) in prefix.address.enumerated() { bytes[start + index] = byte }
        }
        withUnsafeMutableBytes(of: &mask) { bytes in
            for bit in 0..<prefix.length { bytes[start + bit / 8] |= 0x80 >> (bit % 8) }
        }
    }
}
