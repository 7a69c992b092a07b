import Domain
import Testing

@testable import Dataplane

@Suite("Taking over from an earlier agent")
struct AdoptTests {
    let kernel = RecordedKernel(ports: [.ethernet0, .ethernet4])

    @Test("links get a new program in place; slot, start and counts stay")
    func links() throws {
        let first = try Dataplane.start(kernel, now: 5)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.counterTable[0].parseErrors = 3
        kernel.calls = []
        let second = try Dataplane.start(kernel, now: 9)
        #expect(kernel.calls == ["load ethernet", "update a_ingress"])
        #expect(second.taps[.a]?.startedAt == UnixTime(nanoseconds: 5))
        #expect(second.taps[.a]?.attachment?.port == .ethernet0)
        #expect(try second.counters()[.a]?.parseErrors == 3)
    }

    @Test("filters get a new program in place, and their qdisc still goes with the last of them")
    func filters() throws {
        let first = try Dataplane.start(kernel, attach: .clsact)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.calls = []
        let second = try Dataplane.start(kernel)
        #expect(kernel.calls == ["load ethernet", "filter 7 ingress 1@1 again"])
        try second.perform(.release(.a))
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("the qdisc is inherited by a tap that is still to be taken over, and goes with it")
    func inheritance() throws {
        let first = try Dataplane.start(kernel, attach: .clsact)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try first.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        kernel.filterTable[.init(ifindex: 7, direction: .ingress)]?.removeFirst()
        let second = try Dataplane.start(kernel, attach: .clsact)
        try second.perform(.release(.a))
        #expect(kernel.qdiscs == [7])
        try second.perform(.release(.b))
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("two jobs on one port are put into two lanes again")
    func lanes() throws {
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try first.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        _ = try Dataplane.start(kernel)
        #expect(Set(kernel.linkTable.values.map(\.program)).count == 2)
    }

    @Test("a link whose device is gone is removed, its slot kept")
    func defunct() throws {
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.devices = [.ethernet4]
        let second = try Dataplane.start(kernel)
        #expect(kernel.linkTable.isEmpty)
        #expect(second.taps[.a] == TapState(startedAt: UnixTime(nanoseconds: 1), attachment: nil))
    }

    @Test("a killed agent's link without a place in the record is found by its name")
    func killedBeforeRecord() throws {
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.recordTable[0].attachType = nil
        kernel.recordTable[0].port = nil
        let second = try Dataplane.start(kernel)
        #expect(second.taps[.a]?.attachment == Domain.Attachment(port: .ethernet0, type: .tcx))
    }

    @Test("pins that belong to no slot are removed")
    func orphans() throws {
        kernel.linkTable["gone_ingress"] = (7, .ingress, ObjectIdentifier(kernel))
        _ = try Dataplane.start(kernel)
        #expect(kernel.linkTable.isEmpty)
    }

    @Test("what TELEGEN_ATTACH now forbids is detached, to be attached anew", arguments: [AttachChoice.clsact, .tcx])
    func forced(choice: AttachChoice) throws {
        let first = try Dataplane.start(kernel, attach: choice == .tcx ? .clsact : .tcx)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        let second = try Dataplane.start(kernel, attach: choice)
        #expect(second.taps[.a]?.attachment == nil)
        #expect(kernel.linkTable.isEmpty)
        #expect(kernel.filterTable.values.allSatisfy { $0.isEmpty })
    }

    @Test(
        "a tap whose program cannot be exchanged goes on with the earlier one, and the exchange can be tried again",
        arguments: ["update a", "load ethernet"])
    func oneFails(call: String) throws {
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try first.perform(.attach(.b, to: .ethernet4, measuring: .plain))
        let program = kernel.linkTable["a_ingress"]?.program
        kernel.failing = (call, KernelError("it", code: 12))
        let second = try Dataplane.start(kernel)
        #expect(second.taps[.a]?.attachment != nil && second.taps[.a]?.measurement == nil)
        #expect(kernel.linkTable["a_ingress"]?.program == program)
        #expect(second.taps[.b]?.attachment != nil)
        try second.perform(.change(.a, to: .plain))
        #expect(second.taps[.a]?.measurement == .plain && kernel.linkTable["a_ingress"]?.program != program)
    }

    @Test("counters that begin at zero begin new lives, and leave the slots as they are")
    func newCounters() throws {
        let first = try Dataplane.start(kernel, now: 5)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try first.perform(.attach(.b, to: .ethernet4, measuring: .plain))
        try first.perform(.detach(.b))
        kernel.countersAreNew = true
        let second = try Dataplane.start(kernel, now: 9)
        #expect(second.taps.values.map(\.startedAt.nanoseconds) == [9, 9])
        #expect(kernel.recordTable.prefix(2).map(\.startedAt.nanoseconds) == [9, 9])
        #expect(second.taps[.a]?.attachment?.port == .ethernet0)
    }

    @Test("a device that the kernel names twice is one port")
    func twice() throws {
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.devices.append(Port(name: NetdevName("renamed")!, ifindex: 7))
        let second = try Dataplane.start(kernel)
        #expect(second.taps[.a]?.attachment?.port.name.text == "renamed")
    }

    @Test("a tap that can neither be taken over nor detached does not keep the agent from starting")
    func stuck() throws {
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        let stubborn = StubbornKernel(kernel)
        stubborn.devices = []
        let second = try Dataplane.start(stubborn)
        #expect(second.taps[.a]?.attachment == nil)
        stubborn.devices = [.ethernet0]
        #expect(throws: KernelError.self) { try second.perform(.attach(.a, to: .ethernet0, measuring: .plain)) }
        stubborn.isStubborn = false
        try second.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(stubborn.linkTable.count == 1)
    }
}

/// Lets go of no link.
private final class StubbornKernel: RecordedKernel {
    var isStubborn = true

    init(_ other: RecordedKernel) {
        super.init(ports: other.devices)
        linkTable = other.linkTable
        recordTable = other.recordTable
    }

    override func removeLink(pin: String) throws(KernelError) {
        if isStubborn { throw KernelError("remove", code: 12) }
        try super.removeLink(pin: pin)
    }
}
