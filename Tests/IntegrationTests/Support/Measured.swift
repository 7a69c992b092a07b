import Domain
import Testing
import Traffic

extension ExpectedMeasurement {
    /// What a row of TELEGEN_STATS_TABLE must say of what passed the filter, and of what did not.
    var fields: [String: String] { tally.fields.merging(["filtered": String(filtered)]) { $1 } }
}

extension QoSTally {
    /// What `detail` `qos` must add to a row of TELEGEN_STATS_TABLE.
    var fields: [String: String] {
        func list(_ numbers: [UInt64]) -> String { numbers.map { String($0) }.joined(separator: ",") }
        func flag(_ bit: Int) -> String {
            String(tcpFlags.indices.filter { $0 & bit != 0 }.reduce(0) { $0 + tcpFlags[$1] })
        }
        var fields = [
            "dscp_packets": list((0..<64).map { typeOfService[4 * $0..<4 * $0 + 4].reduce(0, +) }),
            "ecn_packets": list(
                (0..<4).map { ecn in stride(from: ecn, to: 256, by: 4).reduce(0) { $0 + typeOfService[$1] } }),
            "tcp_fin_packets": flag(1), "tcp_syn_packets": flag(2), "tcp_rst_packets": flag(4),
            "fragment_packets": String(fragments), "rocev2_packets": String(rocev2),
            "rocev2_cnp_packets": String(rocev2CNP),
        ]
        for name in ExpectedControl.allCases { fields["control_\(name)_packets"] = String(control[name] ?? 0) }
        return fields
    }
}

extension AgentUnderTest {
    /// Waits until everything that was sent has been counted or filtered.
    func wait(_ job: String, hasSettledAt expected: ExpectedMeasurement) async throws {
        let all = expected.tally.packets + expected.filtered
        try await eventually("\(job) has seen \(all)") {
            let row = try await self.statistics(job, "ingress")
            let seen = row.filter {
                $0.key.hasSuffix("_packets") && ["ipv4", "ipv6", "icmp6", "other"].contains($0.key.dropLast(8))
            }
            return seen.values.reduce(0) { $0 + (UInt64($1) ?? 0) } + (row["filtered"].flatMap { UInt64($0) } ?? 0)
                >= all
        }
        // Details are read before the counters: what came between is in the next reading.
        try await passStatusIntervals(2)
    }

    /// Waits for as many status intervals, told by the agent's heartbeat.
    func passStatusIntervals(_ count: Int) async throws {
        for _ in 0..<count {
            let before = try await fields("TELEGEN_AGENT_TABLE", "global")["heartbeat"]
            try await eventually("a status interval has passed") {
                try await self.fields("TELEGEN_AGENT_TABLE", "global")["heartbeat"] != before
            }
        }
    }

    /// The job's packets when they have stopped rising.
    func settled(_ job: String) async throws -> UInt64 {
        try await passStatusIntervals(2)
        return try await row(job)["packets"].flatMap { UInt64($0) } ?? 0
    }

    /// Each frame of a mix is a frame and some packets: the estimate is off by no more than chance allows (six standard
    /// deviations of the heaviest frames).
    func expectEstimate(_ job: String, of packets: UInt64, rate: Double) async throws {
        let estimate = Double(try await settled(job))
        let error = 6 * (Double(packets) * rate * 60).squareRoot()
        #expect(abs(estimate - Double(packets)) < error)
        #expect(Int(estimate).isMultiple(of: Int(rate)))
    }

    /// The rows of the job's flows.
    func flows(of job: String) async throws -> [[String: String]] {
        var flows: [[String: String]] = []
        while case let row = try await fields("TELEGEN_FLOW_TABLE", "\(job)|\(flows.count + 1)"), !row.isEmpty,
            flows.count < 1024
        {
            flows.append(row)
        }
        return flows
    }

    /// The reported flows are true flows, their volumes within their error, and with the rest they are everything.
    func expectFlows(_ job: String, like expected: ExpectedMeasurement) async throws {
        // Flows are read once in an interval, counts more often: what is told first may be of before the last packets.
        var flows: [[String: String]] = []
        try await eventually("\(job) reports flows that are true within their error") {
            flows = try await self.flows(of: job)
            return try !flows.isEmpty
                && flows.allSatisfy { row in
                    let flow = try #require(expected.flows.first { $0.key.isNamed(in: row) }, "\(row)")
                    let (packets, error) = (UInt64(row["packets"]!)!, UInt64(row["error_packets"]!)!)
                    return packets <= flow.value.packets && flow.value.packets <= packets + error
                }
        }
        let counted = try await statistics(job, "ingress")
        var sum = ExpectedVolume()
        for row in flows { sum += ExpectedVolume(packets: UInt64(row["packets"]!)!, bytes: UInt64(row["bytes"]!)!) }
        #expect((1...16).contains(flows.count))
        #expect(sum.packets + UInt64(counted["flow_other_packets"]!)! == expected.tally.packets)
        #expect(sum.bytes + UInt64(counted["flow_other_bytes"]!)! == expected.tally.bytes)
    }
}

extension ExpectedFlow {
    fileprivate func isNamed(in row: [String: String]) -> Bool {
        row["source_port"] == String(sourcePort) && row["destination_port"] == String(destinationPort)
            && row["proto"] == IPProtocol.text(UInt8(proto))
            && row["source"].flatMap { IPAddress($0)?.octets } == source
            && row["destination"].flatMap { IPAddress($0)?.octets } == destination
    }
}

extension IPAddress {
    fileprivate var octets: [UInt8] {
        switch self {
        case .v4(let address): withUnsafeBytes(of: address.bits.bigEndian) { Array($0) }
        case .v6(let address): withUnsafeBytes(of: address.bits.bigEndian) { Array($0) }
        }
    }
}
