import BPFPrograms
import Domain
import Logging
import Testing
import Traffic

@testable import Dataplane

@Suite("Programs and filters of others", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct NeighbourTests {
    @Test(
        "a foreign BPF program sees every packet before, during and after", arguments: KernelUnderTest.attachTypes,
        KernelUnderTest.attachTypes)
    func program(theirs: String, ours: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": ours]) { agent in
            // A counting program of another instance, with pins of its own: as foreign as any, and it can count.
            let foreign = try Foreign(agent, attach: theirs)
            var sent = try await agent.send(300)
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let during = try await agent.send(300)
            try await agent.wait("a", hasCounted: during.packets)
            #expect(try await agent.statistics("a", "ingress") == during.fields)
            try await agent.delete("a")
            try await eventually("a is gone") { try await agent.row("a").isEmpty }
            sent = sent + during + (try await agent.send(300))
            #expect(try foreign.counters() == sent.counters)
            try await foreign.remove()
        }
    }

    @Test("a filter of tc stays, with its qdisc, when our job goes", arguments: KernelUnderTest.attachTypes)
    func filter(ours: String) async throws {
        try await AgentUnderTest.run(["TELEGEN_ATTACH": ours]) { agent in
            let namespace = agent.namespace
            _ = try await namespace.run(["tc", "qdisc", "add", "dev", "Ethernet0", "clsact"])
            let filter = ["protocol", "all", "prio", "1", "u32", "match", "u32", "0", "0", "flowid", "1:1"]
            _ = try await namespace.run(["tc", "filter", "add", "dev", "Ethernet0", "ingress"] + filter)
            let show = ["tc", "filter", "show", "dev", "Ethernet0", "ingress"]
            let before = try await namespace.run(show)
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            if ours == "clsact" { #expect(try await namespace.run(show).contains("telegen_l2")) }
            let sent = try await agent.send(100)
            // u32 is asked first and classifies; with a classid its verdict ends the chain before us, as tc has it.
            if ours == "tcx" { try await agent.wait("a", hasCounted: sent.packets) }
            try await agent.delete("a")
            try await eventually("a is gone") { try await agent.row("a").isEmpty }
            #expect(try await namespace.run(show) == before)
        }
    }
}

/// A counting program that belongs to somebody else.
final class Foreign {
    private let folder: String
    private let dataplane: Dataplane
    private let tap = TapID("foreign", .ingress)
    private let namespace: Namespace

    init(_ agent: AgentUnderTest, attach: String) throws {
        let folder = agent.folder + "/foreign-bpf"
        self.folder = folder
        namespace = agent.namespace
        dataplane = try agent.namespace.inside {
            let kernel = try LinuxKernel(pins: PinFolder(bpffs: folder, namespaceID: nil), slots: 128)
            let dataplane = try Dataplane(
                kernel: kernel, attach: attach == "tcx" ? .tcx : .clsact, bootID: .zero,
                clock: { UnixTime(nanoseconds: 1) }, logger: Logger(label: "foreign") { _ in SwiftLogNoOpLogHandler() })
            // Slots that the agent will not use, so that handles differ as those of others do.
            for number in 0..<64 { _ = try dataplane.slot(for: TapID("filler\(number)", .ingress)) }
            guard let port = try dataplane.ports().first(where: { $0.name.text == "Ethernet0" }) else {
                throw KernelError("find Ethernet0", code: 19)
            }
            try dataplane.perform(.attach(TapID("foreign", .ingress), to: port, measuring: .plain))
            return dataplane
        }
    }

    func counters() throws -> Counters? { try dataplane.counters()[tap] }

    func remove() async throws {
        try namespace.inside { try dataplane.releaseAll() }
        _ = try await output(of: ["umount", "-l", folder])
    }
}
