import Testing
import Traffic

extension MetricsServer {
    /// Has an agent that tells this server count while the numbers rise, and a job of it end: the server knows all of it.
    func follow(_ agent: AgentUnderTest) async throws {
        try await agent.write("in", ["port": "Ethernet0"])
        try await agent.write("both", ["port": "gen0", "direction": "both"])
        for job in ["in", "both"] { try await agent.wait(job, is: "running") }
        var sent = Tally()
        for seed in 1...3 {
            sent = sent + (try await agent.send(20_000.thinned, seed: UInt64(seed)))
            try await wait("in", hasCounted: sent)
        }
        try await wait("both", hasCounted: sent, "transmit")
        try await wait("both", hasCounted: Tally(), "receive")

        try await agent.delete("in")
        try await eventually("the job's streams have ended") {
            try await query(#"bpf_packets_total{telegen_job="in"}"#).isEmpty
        }
        try await wait("both", hasCounted: sent, "transmit")
    }

    /// Waits until it says that a job has counted these packets: in all and by class, their bytes, and every bucket.
    private func wait(_ job: String, hasCounted sent: Tally, _ direction: String = "receive") async throws {
        let series = #"{telegen_job="\#(job)",network_io_direction="\#(direction)"}"#
        let expected = [
            "sum(bpf_packets_total\(series))": [[:]: sent.packets],
            "sum(bpf_bytes_sum\(series))": [[:]: sent.bytes],
            "sum by (proto) (bpf_packets_total\(series))": sent.byClass(\.packets),
            "sum by (proto) (bpf_bytes_count\(series))": sent.byClass(\.packets),
            "sum by (proto) (bpf_bytes_sum\(series))": sent.byClass(\.bytes),
            "sum by (proto, le) (bpf_bytes_bucket\(series))": sent.cumulativeBuckets,
        ]
        for (query, values) in expected {
            try await eventually("\(query) is \(values)") { try await self.query(query) == values }
        }
    }
}

extension Tally {
    fileprivate func byClass(_ value: KeyPath<ClassTally, UInt64>) -> [[String: String]: UInt64] {
        .init(
            uniqueKeysWithValues: ExpectedCount.PacketClass.allCases.map {
                (["proto": "\($0)"], self[$0][keyPath: value])
            })
    }

    /// As Prometheus has them: packets of a size up to the bound.
    fileprivate var cumulativeBuckets: [[String: String]: UInt64] {
        var buckets: [[String: String]: UInt64] = [:]
        for packetClass in ExpectedCount.PacketClass.allCases {
            var total: UInt64 = 0
            for (bound, count) in zip(Self.sizeBounds.map { "\($0)" } + ["+Inf"], self[packetClass].sizes) {
                total += count
                buckets[["proto": "\(packetClass)", "le": bound]] = total
            }
        }
        return buckets
    }
}
