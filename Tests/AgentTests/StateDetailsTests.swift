import Domain
import SonicDB
import Testing

@testable import Agent

@Suite("What detail adds to STATE_DB")
struct StateDetailsTests {
    private func rows(_ job: JobReport) -> StateRows {
        StateSnapshot(jobs: [job]).rows(now: UnixTime(nanoseconds: 1))
    }

    private func statistics(_ tap: TapReport) throws -> [String: String] {
        let key = TableKey(table: StateTable.statistics, key: "a|\(tap.direction.rawValue)")
        return try #require(rows(Snapshots.job([tap]))[key])
    }

    private func flows(_ rows: StateRows) -> [String: [String: String]] {
        Dictionary(
            uniqueKeysWithValues: rows.filter { $0.key.table == StateTable.flows }.map { ($0.key.key, $0.value) })
    }

    @Test("a tap without details has none of their fields")
    func plain() throws {
        let fields = try statistics(Snapshots.tap())
        #expect(fields.keys.allSatisfy { !$0.hasPrefix("flow_") && !$0.hasPrefix("burst_") && $0 != "dscp_packets" })
        #expect(flows(rows(Snapshots.job([Snapshots.tap()]))).isEmpty)
    }

    @Test("qos says packets by DSCP, ECN, TCP flag and protocol")
    func qos() throws {
        var qos = QoSCounters()
        qos.typeOfService[46 << 2 | 1] = 5
        qos.tcpFlags = [0, 1, 2, 0, 4, 0, 0, 0]
        qos.control[ControlProtocol.bgp.rawValue] = 9
        (qos.fragments, qos.rocev2, qos.rocev2CNP) = (6, 7, 8)
        var tap = Snapshots.tap()
        tap.qos = qos
        let fields = try statistics(tap)
        let dscp = try #require(fields["dscp_packets"]).split(separator: ",")
        #expect(dscp.count == 64 && dscp[46] == "5" && dscp[45] == "0")
        #expect(fields["ecn_packets"] == "0,5,0,0")
        let flags = ["fin", "syn", "rst"].map { fields["tcp_\($0)_packets"] }
        #expect(flags == ["1", "2", "4"])
        #expect(fields["control_bgp_packets"] == "9" && fields["control_dhcpv6_packets"] == "0")
        #expect(fields.keys.count { $0.hasPrefix("control_") } == 24)
        let others = ["fragment", "rocev2", "rocev2_cnp"].map { fields["\($0)_packets"] }
        #expect(others == ["6", "7", "8"])
    }

    @Test("bursts say peak, resolution, speed and how full the windows were")
    func bursts() throws {
        var counters = BurstCounters()
        counters.peakBytes = 5_015_000
        counters.windows[15] = 3
        var tap = Snapshots.tap()
        tap.bursts = BurstReport(
            counters: counters, resolution: 4000, speed: 10_000_000_000, recentPeakBytes: 0, startedAt: Snapshots.start)
        let fields = try statistics(tap)
        #expect(fields["burst_resolution_us"] == "4000" && fields["burst_speed_bps"] == "10000000000")
        #expect(fields["burst_peak_bytes"] == "5015000" && fields["burst_peak_percent"] == "100.3")
        #expect(fields["burst_bounds_percent"] == "1,2,5,10,20,30,40,50,60,70,80,90,95,99,100")
        #expect(fields["burst_windows"] == "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,3")
        tap.bursts?.speed = nil
        let unknown = try statistics(tap)
        #expect(unknown["burst_peak_bytes"] == "5015000")
        let empty = ["peak_percent", "windows", "speed_bps"].map { unknown["burst_\($0)"] }
        #expect(empty == ["", "", ""])
    }

    @Test("flows are ranked over both directions, as many as top_flows says")
    func ranks() throws {
        var (ingress, egress) = (Snapshots.tap(.ingress), Snapshots.tap(.egress))
        ingress.flows = [Snapshots.flow(1, packets: 5, score: 50), Snapshots.flow(2, packets: 1, score: 10)]
        egress.flows = [Snapshots.flow(3, packets: 4, score: 40, error: 2), Snapshots.flow(4, packets: 1, score: 5)]
        let job = Snapshots.job([ingress, egress]) {
            ($0.direction, $0.detail, $0.topFlows) = (.both, [.flows], 3)
        }
        let flows = flows(rows(job))
        #expect(flows.mapValues { $0["source_port"] } == ["a|1": "1", "a|2": "3", "a|3": "2"])
        #expect(
            flows["a|2"] == [
                "direction": "egress", "five_tuple": "tcp 192.0.2.1:3 -> 198.51.100.7:443", "source": "192.0.2.1",
                "destination": "198.51.100.7", "proto": "tcp", "source_port": "3", "destination_port": "443",
                "packets": "4", "bytes": "400", "error_packets": "2", "error_bytes": "200",
                "first_seen": "1970-01-01T00:00:02Z", "last_seen": "1970-01-01T00:00:05Z",
            ])
    }

    @Test("the flows of a direction and all others are together everything")
    func other() throws {
        var (ingress, egress) = (
            Snapshots.tap(.ingress, packets: 100, bytes: 10_000), Snapshots.tap(.egress, packets: 7, bytes: 700)
        )
        ingress.flows = [Snapshots.flow(1, packets: 60, score: 50), Snapshots.flow(2, packets: 30, score: 10)]
        egress.flows = []
        let job = Snapshots.job([ingress, egress]) { ($0.direction, $0.topFlows) = (.both, 1) }
        let rows = rows(job)
        let others = ["ingress", "egress"].map { direction in
            let row = rows[TableKey(table: StateTable.statistics, key: "a|\(direction)")]
            return [row?["flow_other_packets"], row?["flow_other_bytes"]]
        }
        #expect(others == [["40", "4000"], ["7", "700"]])
    }

    @Test(
        "a job says what a packet costs, or why that is not known",
        arguments: [
            (nil, ""), (.nanosecondsPerPacket(12), "12.0"), (.nanosecondsPerPacket(9.96), "10.0"),
            (.unavailable(reason: "no CAP_SYS_ADMIN"), "n/a: no CAP_SYS_ADMIN"),
        ] as [(JobCost?, String)])
    func cost(cost: JobCost?, text: String) {
        var job = Snapshots.job([Snapshots.tap()])
        job.cost = cost
        #expect(rows(job)[TableKey(table: StateTable.jobs, key: "a")]?["ns_per_packet"] == text)
    }

    @Test("the sampling rate is the job's")
    func sampleRate() {
        let job = Snapshots.job([Snapshots.tap()]) { $0.sampleRate = 100 }
        #expect(rows(job)[TableKey(table: StateTable.jobs, key: "a")]?["sample_rate"] == "100")
    }
}
