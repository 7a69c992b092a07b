import CLibbpf
import CTelegenBPF
import Domain
import Testing
import Traffic

@testable import Dataplane

extension Tally {
    /// What a row of TELEGEN_STATS_TABLE must say after these packets.
    var fields: [String: String] {
        var fields = ["parse_errors": String(malformed), "filtered": "0"]
        fields["size_bounds"] = Self.sizeBounds.map { String($0) }.joined(separator: ",")
        for packetClass in ExpectedCount.PacketClass.allCases {
            let tally = self[packetClass]
            fields["\(packetClass)_packets"] = String(tally.packets)
            fields["\(packetClass)_bytes"] = String(tally.bytes)
            fields["\(packetClass)_sizes"] = tally.sizes.map { String($0) }.joined(separator: ",")
        }
        return fields
    }

    /// What a tap must have counted after these packets.
    var counters: Counters {
        var counters = Counters()
        counters.parseErrors = malformed
        for packetClass in ExpectedCount.PacketClass.allCases {
            let tally = self[packetClass]
            let row = PacketClass(rawValue: packetClass.rawValue)!
            counters[row] = ClassCounters(sizes: tally.sizes, bytes: tally.bytes)
        }
        return counters
    }

    /// Whether the newest points of a collector say the same: packets, bytes and every bucket, by class.
    func agree(with points: [CollectedPoint], job: String, direction: String) -> Bool {
        ExpectedCount.PacketClass.allCases.allSatisfy { packetClass in
            let tally = self[packetClass]
            let own = points.filter {
                $0.attributes["telegen.job"] == job && $0.attributes["proto"] == "\(packetClass)"
                    && $0.attributes["network.io.direction"] == direction
            }
            let sum = own.last { $0.name == "bpf.packets" }
            let histogram = own.last { $0.name == "bpf.bytes" }
            return sum?.value == Double(tally.packets) && histogram?.sum == Double(tally.bytes)
                && histogram?.count == tally.packets && histogram?.bucketCounts == tally.sizes
        }
    }

    static func + (a: Tally, b: Tally) -> Tally {
        var sum = a
        sum.frames += b.frames
        sum.malformed += b.malformed
        for packetClass in ExpectedCount.PacketClass.allCases {
            sum[packetClass].packets += b[packetClass].packets
            sum[packetClass].bytes += b[packetClass].bytes
            sum[packetClass].sizes = zip(a[packetClass].sizes, b[packetClass].sizes).map { $0 + $1 }
        }
        return sum
    }
}

extension AgentUnderTest {
    /// What the pinned maps hold, read as anybody can: by tap, and over all.
    func pinnedCounts() throws -> (taps: [TapID: Counters], totals: [telegen_total]) {
        let pins = folder + "/bpf/telegen-sonic/"
        let counters = try BPFMap(
            pinnedAt: pins + "if_stats_percpu", BPF_MAP_TYPE_PERCPU_ARRAY, "if_stats_percpu",
            valueSize: MemoryLayout<telegen_counters>.size, entries: 1)
        let records = try owners()
        var table = PerCPUCounters()
        try table.read(0..<counters.entries, of: counters)
        let rows = table.counters
        let named = zip(records, rows).compactMap { record, row in record.tap.map { ($0, row) } }
        return (Dictionary(uniqueKeysWithValues: named), try totals(pins))
    }

    /// The pinned map `taps`.
    func owners() throws -> [TapRecord] {
        let taps = try BPFMap(
            pinnedAt: folder + "/bpf/telegen-sonic/taps", BPF_MAP_TYPE_ARRAY, "taps",
            valueSize: MemoryLayout<telegen_tap>.size, entries: 1)
        return try taps.tapRecords(count: taps.entries)
    }

    private func totals(_ pins: String) throws -> [telegen_total] {
        let map = try BPFMap(
            pinnedAt: pins + "stats_percpu", BPF_MAP_TYPE_PERCPU_ARRAY, "stats_percpu",
            valueSize: MemoryLayout<telegen_total>.size, entries: 4)
        let cpus = Int(libbpf_num_possible_cpus())
        let size = MemoryLayout<telegen_total>.size
        let bytes = try map.read(count: 4, stride: cpus * size)
        return (0..<4).map { row in
            (0..<cpus).reduce(into: telegen_total()) { sum, cpu in
                let one = bytes.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: (row * cpus + cpu) * size, as: telegen_total.self)
                }
                sum.packets += one.packets
                sum.bytes += one.bytes
            }
        }
    }

    /// A device takes packets only some time after its other end came up, up to a second (the kernel's linkwatch).
    func waitForCarrier() async throws {
        try await eventually("gen0 has its carrier") {
            try await self.namespace.run(["ip", "link", "show", "gen0"]).contains("state UP")
        }
    }

    /// Sends frames of the standard mix into gen0, so that they arrive at Ethernet0; fails when the device lost any.
    func send(_ count: Int, seed: UInt64 = 1, rate: Int = Sender.defaultRate.thinned) async throws -> Tally {
        try await waitForCarrier()
        let (sender, before) = try namespace.inside {
            (try Sender(interface: "gen0"), try DeviceDrops(of: ["gen0"]))
        }
        let mix = KernelUnderTest.mix(mtu: sender.mtu, seed: seed)
        let tally = try await sender.send(mix, count: count, rate: rate)
        #expect(try namespace.inside { try DeviceDrops(of: ["gen0"]).since(before).lost } == 0)
        return tally
    }
}
