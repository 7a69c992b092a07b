import Domain
import Testing

@testable import Dataplane

@Suite struct ChangeTests {
    private let sampled = Measurement { $0.sampleRate = 100 }
    private let rich = Measurement { $0.detail = [.qos] }

    @Test("a tap with a measurement of its own has a program of its own, made for its slot", arguments: [true, false])
    func tailored(hasTCX: Bool) throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        kernel.hasTCX = hasTCX
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: sampled))
        #expect(kernel.calls.contains("load telegen_t b ingress"))
        #expect(kernel.tailored.values.map(\.slot) == [1])
        #expect(dataplane.taps[.b]?.measurement == sampled)
        #expect(kernel.recordTable[1].isTailored && !kernel.recordTable[0].isTailored)
    }

    @Test("a change puts the new program in the old one's place: the tap never leaves its port")
    func change() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.calls = []
        try dataplane.perform(.change(.a, to: rich))
        #expect(kernel.calls == ["load telegen_t_q a ingress", "record 0 a ingress", "update a_ingress"])
        try dataplane.perform(.change(.a, to: .plain))
        #expect(dataplane.taps[.a]?.measurement == .plain && !kernel.recordTable[0].isTailored)
        #expect(!kernel.calls.contains { $0.hasPrefix("unlink") || $0.hasPrefix("clear") })
    }

    @Test("a tap whose copying program the kernel refuses counts without copies, and says why")
    func noCopies() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        let copying = Measurement { ($0.detail, $0.copies) = ([.qos], .init(ifindex: 9, perSecond: 10)) }
        kernel.failing = ("load telegen_copying", KernelError("load", code: 22))
        #expect(throws: KernelError.self) {
            try dataplane.perform(.attach(.a, to: .ethernet0, measuring: copying))
        }
        #expect(dataplane.taps[.a]?.measurement == rich)
        kernel.failing = ("load telegen_copying", KernelError("load", code: 22))
        kernel.calls = []
        #expect(throws: KernelError.self) { try dataplane.perform(.change(.a, to: copying)) }
        #expect(kernel.calls == ["load telegen_copying a ingress"], "what stands is as good as it goes")
        try dataplane.perform(.change(.a, to: copying))
        #expect(dataplane.taps[.a]?.measurement == copying)
        kernel.failing = ("load telegen_copying", KernelError("load", code: 22))
        var more = copying
        more.detail = [.bursts]
        #expect(throws: KernelError.self) { try dataplane.perform(.change(.a, to: more)) }
        #expect(dataplane.taps[.a]?.measurement == Measurement { $0.detail = [.bursts] })
    }

    @Test("of a change by clsact the filter keeps its handle and priority")
    func filter() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.change(.a, to: rich))
        #expect(kernel.calls.last == "filter 7 ingress 1@1 again")
    }

    @Test("a packet on its way through the old program still finds its slot; the place in the lane is free again")
    func oldLane() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.change(.a, to: sampled))
        #expect(kernel.lanes.values.map { $0[7] } == [0])
        kernel.calls = []
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.count { $0 == "load ethernet" } == 1)
    }

    @Test("a flow table takes the earlier one's place when its program stands, and goes with the last one that has it")
    func flows() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        let flows = Measurement { $0.detail = [.flows] }
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: flows))
        #expect(kernel.tapsWithFlows == [.a: true])
        kernel.tapsWithFlows = [:]
        kernel.failing = ("update", KernelError("it", code: 12))
        #expect(throws: KernelError.self) { try dataplane.perform(.change(.a, to: .plain)) }
        #expect(kernel.tapsWithFlows.isEmpty)
        try dataplane.perform(.change(.a, to: .plain))
        #expect(kernel.tapsWithFlows == [.a: false])
        try dataplane.perform(.change(.a, to: flows))
        #expect(kernel.tailored.values.map(\.continuesFlows).sorted { !$0 && $1 } == [false, true])
    }

    @Test("a change that fails leaves the old program standing, and can be tried again", arguments: ["load", "update"])
    func failure(call: String) throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.failing = (call, KernelError("change", code: 12))
        #expect(throws: KernelError.self) { try dataplane.perform(.change(.a, to: rich)) }
        #expect(dataplane.taps[.a]?.measurement == .plain && dataplane.taps[.a]?.attachment != nil)
        try dataplane.perform(.change(.a, to: rich))
        #expect(dataplane.taps[.a]?.measurement == rich)
    }

    @Test("a tailored program of an earlier agent goes on as it is until the job is known")
    func adopted() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let first = try Dataplane.start(kernel)
        try first.perform(.attach(.a, to: .ethernet0, measuring: rich))
        kernel.calls = []
        let second = try Dataplane.start(kernel)
        #expect(kernel.calls.isEmpty)
        #expect(second.taps[.a]?.attachment?.port == .ethernet0 && second.taps[.a]?.measurement == nil)
        try second.perform(.change(.a, to: rich))
        #expect(kernel.calls.contains("update a_ingress"))
    }

    @Test("the seed of a tap's programs is the same for its life, and another one in another life")
    func seeds() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel, now: 11)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: rich))
        try dataplane.perform(.change(.a, to: sampled))
        #expect(Set(kernel.tailored.values.map(\.seed)).count == 1)
        try dataplane.perform(.release(.a))
        let later = try Dataplane.start(kernel, now: 12)
        try later.perform(.attach(.a, to: .ethernet0, measuring: rich))
        #expect(Set(kernel.tailored.values.map(\.seed)).count == 2)
    }

    @Test("a tap's tables of details end with its life, not when it is taken off its port")
    func tables() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: rich))
        try dataplane.perform(.detach(.a))
        #expect(kernel.tapsWithDetails == [.a])
        try dataplane.perform(.release(.a))
        #expect(kernel.tapsWithDetails.isEmpty)
    }
}

extension Measurement {
    init(_ change: (inout Measurement) -> Void) {
        self.init()
        change(&self)
    }
}
