import CLibbpf
import CTelegenBPF
import Domain
import Foundation
import Testing
import Traffic

@testable import Dataplane

@Suite("Faults: pins of other versions", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct PinFaults {
    @Test(
        "records of a newer layout are set aside with a warning, their programs taken off, and counting begins anew",
        arguments: KernelUnderTest.attachTypes)
    func newer(attach: String) async throws {
        try await Self.restart(attach) { pins in
            var record = telegen_tap()
            let map = try BPFMap(.taps, in: pins, entries: 1)
            let bytes = try map.read(count: 1, stride: MemoryLayout<telegen_tap>.stride)
            withUnsafeMutableBytes(of: &record) { $0.copyBytes(from: bytes) }
            record.layout = 2
            try map.update(0, from: &record)
        } then: { agent, _, after in
            try await Self.expectSetAside(agent, after, "records of layout 2")
        }
    }

    @Test(
        "a map of another shape is set aside with all that belongs to it", arguments: KernelUnderTest.attachTypes)
    func otherShape(attach: String) async throws {
        try await Self.restart(attach) { pins in
            unlink(pins.pin("if_stats_percpu"))
            _ = try BPFMap(
                pinnedAt: pins.pin("if_stats_percpu"), BPF_MAP_TYPE_PERCPU_ARRAY, "if_stats_percpu", valueSize: 512,
                entries: 100)
        } then: { agent, _, after in
            try await Self.expectSetAside(agent, after, "if_stats_percpu is not what this version makes")
        }
    }

    @Test("garbage in the place of a map is set aside", arguments: ["folder", "link to nowhere", "another map"])
    func garbage(kind: String) async throws {
        try await Self.restart(KernelUnderTest.attachTypes[0]) { pins in
            unlink(pins.pin("taps"))
            switch kind {
            case "folder": mkdir(pins.pin("taps"), 0o700)
            case "link to nowhere": symlink("nowhere", pins.pin("taps"))
            default:
                _ = try BPFMap(
                    pinnedAt: pins.pin("taps"), BPF_MAP_TYPE_ARRAY, "taps", valueSize: 4, entries: 1)
            }
        } then: { agent, _, after in
            try await Self.expectSetAside(agent, after, "taps is not what this version makes")
        }
    }

    @Test("a table of details that is of another version is set aside alone, and the counts go on")
    func detail() async throws {
        try await Self.restart("auto", detail: "qos") { pins in
            unlink(pins.detailPin("a_ingress_qos"))
            _ = try BPFMap(
                pinnedAt: pins.detailPin("a_ingress_qos"), BPF_MAP_TYPE_ARRAY, "x", valueSize: 4, entries: 1)
        } then: { agent, before, after in
            #expect(agent.log.contains("set-aside: details/a_ingress_qos"))
            try await agent.audit(["a": before + after])
        }
    }

    @Test("garbage among links and details harms nobody, and goes")
    func garbageWithin() async throws {
        try await Self.restart("auto", detail: "qos") { pins in
            for path in [pins.linkPin("stranger"), pins.linkPin("b_ingress"), pins.detailPin("b_ingress_qos")] {
                _ = try BPFMap(pinnedAt: path, BPF_MAP_TYPE_ARRAY, "x", valueSize: 4, entries: 1)
            }
        } then: { agent, before, after in
            try await agent.write("b", ["port": "Ethernet0", "detail": "qos"])
            try await agent.wait("b", is: "running")
            #expect(agent.log.contains("set-aside: details/b_ingress_qos"))
            try await agent.delete("b")
            try await eventually("b is gone") { try await agent.row("b").isEmpty }
            try await agent.audit(["a": before + after])
        }
    }

    @Test(
        "a folder of a version that did not keep notes of retirement is carried over",
        arguments: KernelUnderTest.attachTypes)
    func older(attach: String) async throws {
        try await Self.restart(attach) { pins in
            unlink(pins.pin("retiring"))
        } then: { agent, before, after in
            #expect(!agent.log.contains("set aside"))
            try await agent.audit(["a": before + after])
        }
    }

    @Test("whoever was killed while a slot's counts went into the totals: they are there once")
    func retiring() async throws {
        try await AgentUnderTest.run { agent in
            try await agent.write("a", ["port": "Ethernet0"])
            try await agent.wait("a", is: "running")
            let sent = try await agent.send(500)
            try await agent.wait("a", hasCounted: sent.packets)
            try await agent.end(SIGKILL)
            let pins = try agent.pinFolder()
            // As after the note, before and after the sum was written.
            for isSummed in [false, true] {
                let kernel = try agent.namespace.inside { try LinuxKernel(pins: pins, slots: 64) }
                try kernel.leaveRetirement(of: 0, isSummed: isSummed)
                let again = try agent.namespace.inside { try LinuxKernel(pins: pins, slots: 64) }
                #expect(try again.counters(count: 1) == [Counters()])
                #expect(try agent.pinnedCounts().totals.reduce(0) { $0 + $1.packets } == sent.packets)
            }
        }
    }

    /// Lets an agent count and end, damages its pins, and starts the next one, which counts too.
    private static func restart(
        _ attach: String, detail: String = "", damage: (PinFolder) throws -> Void,
        then: (AgentUnderTest, Tally, Tally) async throws -> Void
    ) async throws {
        try await AgentUnderTest.onSONiC(["TELEGEN_ATTACH": attach]) { agent, _ in
            try await agent.write("a", ["port": "Ethernet0", "detail": detail])
            try await agent.wait("a", is: "running")
            let before = try await agent.send(300)
            try await agent.wait("a", hasCounted: before.packets)
            try await agent.end(SIGTERM)
            try damage(agent.pinFolder())
            _ = try await agent.state.send(["DEL", "TELEGEN_JOB_TABLE|a"])
            try await agent.start()
            try await agent.wait("a", is: "running")
            let after = try await agent.send(400, seed: 2)
            try await then(agent, before, after)
        }
    }

    private static func expectSetAside(_ agent: AgentUnderTest, _ sent: Tally, _ cause: String) async throws {
        #expect(agent.log.contains(cause) && agent.log.contains("set aside as"))
        let left = try FileManager.default.contentsOfDirectory(atPath: agent.folder + "/bpf/telegen-sonic/set-aside")
        #expect(left.contains("taps"))
        try await agent.audit(["a": sent])
    }
}

extension AgentUnderTest {
    /// Its pin folder, for as long as no agent holds it.
    func pinFolder() throws -> PinFolder { try PinFolder(bpffs: folder + "/bpf", namespaceID: nil) }
}

extension LinuxKernel {
    /// Begins as `clearCounters` does and stops, as by `kill -9`.
    fileprivate func leaveRetirement(of slot: Int, isSummed: Bool) throws {
        try beginRetirement(of: slot)
        if isSummed {
            try countersMap.update(countersMap.entries - 1, from: PerCPUCounters.reading(0, of: retiringMap).words)
        }
    }
}
