import Domain
import Testing

@testable import Dataplane

@Suite("Attaching by clsact")
struct ClsactTests {
    let kernel = RecordedKernel(ports: [.ethernet0, .ethernet4])
    let ingress = RecordedKernel.Hook(ifindex: 7, direction: .ingress)

    @Test("a kernel without tcx gets filters, and is asked for tcx only once")
    func fallback() throws {
        kernel.hasTCX = false
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.count { $0.hasPrefix("link") } == 1)
        #expect(dataplane.taps[.b]?.attachment?.type == .clsact)
    }

    @Test("TELEGEN_ATTACH=tcx on a kernel without it fails instead of falling back")
    func forced() throws {
        kernel.hasTCX = false
        let dataplane = try Dataplane.start(kernel, attach: .tcx)
        #expect(throws: KernelError.self) { try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain)) }
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("the qdisc that was made for us goes with our last filter")
    func ownQdisc() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.release(.a))
        #expect(kernel.qdiscs == [7])
        try dataplane.perform(.release(.b))
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("a qdisc that was there before stays")
    func foreignQdisc() throws {
        kernel.qdiscs = [7]
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.release(.a))
        #expect(kernel.qdiscs == [7])
    }

    @Test("our qdisc stays while a filter of somebody else is in it", arguments: Direction.allCases)
    func sharedQdisc(direction: Direction) throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        let foreign = FilterInfo(id: FilterID(handle: 99, priority: 50), isOurs: false, sharesPriority: false)
        kernel.filterTable[.init(ifindex: 7, direction: direction), default: []].append(foreign)
        try dataplane.perform(.release(.a))
        #expect(kernel.qdiscs == [7])
        #expect(kernel.filterTable[.init(ifindex: 7, direction: direction)] == [foreign])
    }

    @Test("we stand at the lowest priority at which a BPF filter for all protocols can stand")
    func priority() throws {
        kernel.qdiscs = [7]
        kernel.filterTable[ingress] = [
            FilterInfo(id: FilterID(handle: 1, priority: 1), isOurs: false, sharesPriority: false),
            FilterInfo(id: FilterID(handle: 1, priority: 2), isOurs: false, sharesPriority: true),
        ]
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.contains("filter 7 ingress 1@3"))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.contains("filter 7 ingress 2@2"))
    }

    @Test("a filter that somebody put in our place is not removed")
    func replacedByOther() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        let other = FilterInfo(id: FilterID(handle: 1, priority: 1), isOurs: false, sharesPriority: true)
        kernel.filterTable[ingress] = [other]
        try dataplane.perform(.detach(.a))
        #expect(kernel.filterTable[ingress] == [other])
    }

    @Test("a vanished device is nobody's to clean")
    func vanished() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.devices.removeAll { $0.ifindex == 7 }
        kernel.calls = []
        try dataplane.perform(.detach(.a))
        #expect(kernel.calls == ["record 0 a ingress"])
    }

    @Test("egress is refused where an `ingress` qdisc of another program stands; ingress goes on beside it")
    func ingressQdisc() throws {
        kernel.ingressQdiscs = [7]
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        let error = #expect(throws: KernelError.self) {
            try dataplane.perform(.attach(.aOut, to: .ethernet0, measuring: .plain))
        }
        #expect(
            error?.description.contains("tc qdisc del dev Ethernet0 ingress && tc qdisc add dev Ethernet0 clsact")
                == true)
        #expect(dataplane.taps[.aOut]?.attachment == nil)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(kernel.filterTable[ingress]?.count == 1)
        try dataplane.perform(.release(.a))
        #expect(kernel.ingressQdiscs == [7])
        #expect(!kernel.calls.contains { $0.contains("qdisc") })
    }

    @Test("a qdisc of ours that somebody replaced or removed is not removed", arguments: [true, false])
    func replacedQdisc(isReplaced: Bool) throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.qdiscs = []
        kernel.filterTable = [:]
        kernel.ingressQdiscs = isReplaced ? [7] : []
        try dataplane.verify()
        #expect(dataplane.taps[.a]?.attachment == nil)
        #expect(!kernel.calls.contains("no qdisc 7"))
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(dataplane.taps[.a]?.attachment != nil)
    }

    @Test("the record says that the qdisc is ours before there is one")
    func recordBeforeQdisc() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.suffix(3) == ["record 0 a ingress", "qdisc 7", "filter 7 ingress 1@1"])
    }

    @Test("a failed attachment takes its qdisc back, and the next one owns it again", arguments: ["filter", "qd"])
    func failure(call: String) throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        kernel.failing = (call, KernelError("it", code: 12))
        #expect(throws: KernelError.self) { try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain)) }
        #expect(kernel.qdiscs.isEmpty)
        #expect(kernel.recordTable[0].attachType == nil && !kernel.recordTable[0].ownsQdisc)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.release(.a))
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("a qdisc that could not be taken back goes with the next attempt, or with the next agent")
    func leftBehind() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        // As if killed before the filter stood.
        kernel.filterTable = [:]
        let next = try Dataplane.start(kernel, attach: .clsact)
        #expect(kernel.qdiscs.isEmpty)
        try next.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.filterTable = [:]
        kernel.failing = ("no qdisc", KernelError("it", code: 12))
        #expect(throws: KernelError.self) { try next.verify() }
        try next.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try next.perform(.release(.a))
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("a qdisc that somebody made a moment earlier is not ours")
    func race() throws {
        let racing = RacingKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(racing, attach: .clsact)
        #expect(throws: KernelError.self) { try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain)) }
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.release(.a))
        #expect(racing.qdiscs == [7])
    }

    @Test("a port that takes no more by tcx takes that tap by clsact, and the others by tcx still")
    func tcxIsFull() throws {
        kernel.tcxRoom = 1
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.aOut, to: .ethernet0, measuring: .plain))
        #expect(dataplane.taps[.a]?.attachment?.type == .tcx)
        #expect(dataplane.taps[.b]?.attachment?.type == .clsact)
        #expect(dataplane.taps[.aOut]?.attachment?.type == .tcx)
        try dataplane.verify()
        let next = try Dataplane.start(kernel)
        #expect(next.taps[.b]?.attachment?.type == .clsact)
        #expect(Set(next.taps.values.compactMap(\.attachment?.port)) == [.ethernet0])
    }

    @Test("under TELEGEN_ATTACH=tcx a full port's error names the remedy")
    func tcxIsFullForced() throws {
        kernel.tcxRoom = 0
        let dataplane = try Dataplane.start(kernel, attach: .tcx)
        let error = #expect(throws: KernelError.self) {
            try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        }
        #expect(error?.description.contains("set TELEGEN_ATTACH=auto or clsact") == true)
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("before a filter are the filters of others with a lower priority, and all of tcx")
    func ahead() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let hook = RecordedKernel.Hook(ifindex: 7, direction: .ingress)
        kernel.qdiscs = [7]
        kernel.filterTable[hook] = [
            FilterInfo(id: FilterID(handle: 0x8000_0001, priority: 1), isOurs: false, sharesPriority: false)
        ]
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.chain = [901]
        try dataplane.verify()
        #expect(dataplane.taps[.a]?.programsAhead == 2)
    }

    @Test("looking after many taps asks for the filters of a port once per direction")
    func dumps() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        for tap in [TapID.a, .b, .aOut] { try dataplane.perform(.attach(tap, to: .ethernet0, measuring: .plain)) }
        kernel.filterDumps = 0
        try dataplane.verify()
        #expect(kernel.filterDumps == 2)
    }
}

/// Somebody makes the qdisc just before we do, once.
private final class RacingKernel: RecordedKernel {
    private var isFirst = true

    override func addQdisc(ifindex: UInt32) throws(KernelError) -> Bool {
        if isFirst { qdiscs.insert(ifindex) }
        isFirst = false
        return try super.addQdisc(ifindex: ifindex)
    }
}
