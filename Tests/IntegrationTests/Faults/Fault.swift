import CLibbpf
import Domain
import Foundation
import Testing
import Traffic

@testable import Dataplane

/// How often what is tried at random moments is tried: TELEGEN_FAULT_ROUNDS.
let faultRounds = ProcessInfo.processInfo.environment["TELEGEN_FAULT_ROUNDS"].flatMap { Int($0) } ?? 10

/// The promise: a status is true so soon after a fault.
let promptly = Duration.seconds(5).stretched

extension AgentUnderTest {
    /// An agent on SONiC's databases, which are whole; they outlive it.
    static func onSONiC(
        _ environment: [String: String] = [:], redis options: [String: String] = [:], through: [String] = [],
        _ body: (AgentUnderTest, TestRedis) async throws -> Void
    ) async throws {
        let redis = try await TestRedis(["notify-keyspace-events": "AKE"].merging(options) { $1 })
        try await run(environment, redis: redis, through: through) { agent in
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            try await body(agent, redis)
        }
    }

    /// Runs `body` while frames come to Ethernet0, and answers what was sent.
    func underTraffic(rate: Int = 20_000.thinned, _ body: () async throws -> Void) async throws -> Tally {
        try await waitForCarrier()
        let (sender, before) = try namespace.inside {
            (try Sender(interface: "gen0"), try DeviceDrops(of: ["gen0"]))
        }
        let mix = KernelUnderTest.mix(mtu: sender.mtu)
        let sending = Task { try await sender.send(mix, rate: rate) }
        do { try await body() } catch {
            sending.cancel()
            _ = try? await sending.value
            throw error
        }
        sending.cancel()
        let sent = try await sending.value
        #expect(try namespace.inside { try DeviceDrops(of: ["gen0"]).since(before).lost } == 0)
        return sent
    }

    /// What was sent is what STATE_DB and the pinned maps say of each job, and nothing else stands.
    ///
    /// - Parameter others: jobs that stand too, of which it is not known what they have seen.
    func audit(
        _ jobs: [String: Tally], beside others: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for (job, sent) in jobs {
            try await wait(job, hasCounted: sent.packets)
            let counted = try await statistics(job, "ingress")
            let wrong = sent.fields.filter { counted[$0.key] != $0.value }
            #expect(wrong.isEmpty, "\(job): \(wrong) and not \(counted)", sourceLocation: sourceLocation)
            let pinned = try pinnedCounts().taps[TapID(try #require(JobName(job)), .ingress)]
            #expect(pinned == sent.counters, sourceLocation: sourceLocation)
        }
        let names = (jobs.keys + others).map { "\($0)_ingress" }.sorted()
        try await promptly("\(names) stand and nothing else", sourceLocation: sourceLocation) {
            try pins() == names && standing("Ethernet0") == names.count
        }
        try await eventually("no details of others are left", sourceLocation: sourceLocation) {
            let pins = try FileManager.default.contentsOfDirectory(atPath: folder + "/bpf/telegen-sonic/details")
            return Set(pins.compactMap(DetailTables.owner(ofPin:))).isSubset(of: names)
        }
    }

    /// How many programs of ours stand on a device.
    func standing(_ device: String) throws -> Int { try namespace.inside { try standingPrograms(device) } }

    /// The kinds of the qdiscs at the place of clsact, as `tc` says them.
    func qdiscs(_ device: String) async throws -> [String] {
        try await namespace.run(["tc", "qdisc", "show", "dev", device]).split(separator: "\n")
            .filter { $0.contains("ffff:") }.map { String($0.split(separator: " ")[1]) }
    }

    var footprint: Footprint { Footprint(of: pid) }
}

/// How many programs stand on a device of this thread's namespace, in both directions: all of its tcx chains, and those of
/// ours among the filters.
func standingPrograms(_ device: String) throws -> Int {
    let netlink = try NetlinkSocket()
    guard let port = try netlink.ports().first(where: { $0.name.text == device }) else { return 0 }
    return try Direction.allCases.reduce(0) { count, direction in
        var ids = [UInt32](repeating: 0, count: 64)
        var programs = UInt32(ids.count)
        let status = bpf_prog_query(Int32(port.ifindex), direction.tcx, 0, nil, &ids, &programs)
        let links = status == 0 ? Int(programs) : 0
        return try count + links + netlink.filters(port.ifindex, direction).count(where: \.isOurs)
    }
}

/// What a process holds.
struct Footprint: Sendable {
    let descriptors: Int
    let threads: Int
    let residentKilobytes: Int
    /// Of it what belongs to no file.
    let anonymousKilobytes: Int

    init(of pid: Int32) {
        func entries(_ folder: String) -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/\(folder)").count) ?? 0
        }
        (descriptors, threads) = (entries("fd"), entries("task"))
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        func kilobytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") } ?? 0
        }
        (residentKilobytes, anonymousKilobytes) = (kilobytes("VmRSS"), kilobytes("RssAnon"))
    }
}

/// Waits until something is so, no longer than a status may be false after a fault.
func promptly(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    try await eventually(what, sourceLocation: sourceLocation, condition)
    let taken = ContinuousClock.now - start
    #expect(taken < promptly, "\(what) took \(taken)", sourceLocation: sourceLocation)
}
