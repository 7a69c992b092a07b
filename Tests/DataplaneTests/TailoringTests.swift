import CTelegenBPF
import Domain
import Testing

@testable import Dataplane

@Suite struct TailoringTests {
    private func tailoring(_ layer: Port.Layer = .ethernet, _ change: (inout Measurement) -> Void) -> Tailoring {
        var measurement = Measurement()
        change(&measurement)
        return Tailoring(tap: .a, slot: 5, layer: layer, measurement: measurement, seed: 7, continuesFlows: true)
    }

    @Test("the program is named by what it does beyond the default")
    func names() {
        #expect(tailoring { $0.sampleRate = 10 }.programName == "telegen_t")
        #expect(tailoring { $0.filter.vlan = [1] }.programName == "telegen_t_f")
        let all = tailoring {
            $0.filter.dscp = [46]
            $0.detail = [.bursts, .flows, .qos]
        }
        #expect(all.programName == "telegen_t_fqtb")
    }

    @Test("a filter's fields become bits, rising ranges and masked words")
    func operands() {
        let operands = tailoring(.network) {
            $0.sampleRate = 100
            $0.filter.vlan = [1, 4094]
            $0.filter.ipProto = [6, 255]
            $0.filter.dscp = [0, 63]
            $0.filter.l4DestinationPort = [443...443, 80...80, 1000...2000, 1500...2500, 81...81]
            $0.filter.sourcePrefix = IPPrefix("192.0.2.0/24")
            $0.filter.destinationPrefix = IPPrefix("10.0.0.0/8")
        }.operands
        #expect(operands.slot == 5 && operands.sample_rate == 100 && operands.is_network == 1)
        #expect(operands.vlans.0 == 1 << 1 && operands.vlans.63 == 1 << 62)
        #expect(operands.protocols.0 == 1 << 6 && operands.protocols.3 == 1 << 63)
        #expect(operands.dscp == UInt64(1) | 1 << 63)
        #expect(operands.destination_ports == 2 && operands.source_ports == 0)
        #expect(operands.destination_port.0.first == 80 && operands.destination_port.0.last == 81)
        #expect(operands.destination_port.1.first == 443 && operands.destination_port.1.last == 443)
        #expect(operands.destination_port.2.first == 1000 && operands.destination_port.2.last == 2500)
        #expect(operands.address.0 == 0x0000_000a_0002_00c0 && operands.mask.0 == 0x0000_00ff_00ff_ffff)
        let fields = [
            TELEGEN_BY_VLAN, TELEGEN_BY_PROTOCOL, TELEGEN_BY_DSCP, TELEGEN_BY_DESTINATION_PORT, TELEGEN_BY_IPV4,
            TELEGEN_BY_IP,
        ]
        #expect(operands.fields == fields.reduce(0) { $0 | $1.rawValue })
    }

    @Test("a filter by VLAN alone lets other packets than IP's pass; IPv6 prefixes are of IPv6 alone")
    func families() {
        #expect(tailoring { $0.filter.vlan = [7] }.operands.fields == TELEGEN_BY_VLAN.rawValue)
        let operands = tailoring { $0.filter.destinationPrefix = IPPrefix("2001:db8::/33") }.operands
        #expect(operands.fields == TELEGEN_BY_IPV6.rawValue | TELEGEN_BY_IP.rawValue)
        #expect(operands.address.2 == 0x0000_0000_b80d_0120 && operands.mask.2 == 0x0000_0080_ffff_ffff)
        #expect(operands.mask.0 == 0 && operands.mask.3 == 0)
    }

    @Test("ranges that touch or overlap are one; the highest port ends the last")
    func ranges() {
        let ranges: [ClosedRange<UInt16>] = [65535...65535, 0...9, 10...10, 5...7, 65000...65534, 12...12]
        #expect(ranges.joined == [0...10, 12...12, 65000...65535])
    }

    @Test("the flow table has at least eight cells for each flow that is reported, and is a power of two")
    func cells() {
        #expect(tailoring { $0.topFlows = 1 }.flowCells == 1024)
        #expect(tailoring { $0.topFlows = 129 }.flowCells == 2048)
        #expect(tailoring { $0.topFlows = 1024 }.flowCells == 8192)
    }
}
