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
        try dataplane.perform(.attach(.a, to: .ethernet0))
        try dataplane.perform(.attach(.b, to: .ethernet0))
        #expect(kernel.calls.count { $0.hasPrefix("link") } == 1)
        #expect(dataplane.taps[.b]?.attachment?.type == .clsact)
    }

    @Test("TELEGEN_ATTACH=tcx on a kernel without it fails instead of falling back")
    func forced() throws {
        kernel.hasTCX = false
        let dataplane = try Dataplane.start(kernel, attach: .tcx)
        #expect(throws: KernelError.self) { try dataplane.perform(.attach(.a, to: .ethernet0)) }
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("the qdisc that was made for us goes with our last filter")
    func ownQdisc() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0))
        try dataplane.perform(.attach(.b, to: .ethernet0))
        try dataplane.perform(.release(.a))
        #expect(kernel.qdiscs == [7])
        try dataplane.perform(.release(.b))
        #expect(kernel.qdiscs.isEmpty)
    }

    @Test("a qdisc that was there before stays")
    func foreignQdisc() throws {
        kernel.qdiscs = [7]
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0))
        try dataplane.perform(.release(.a))
        #expect(kernel.qdiscs == [7])
    }

    @Test("our qdisc stays while a filter of somebody else is in it", arguments: Direction.allCases)
    func sharedQdisc(direction: Direction) throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0))
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
        try dataplane.perform(.attach(.a, to: .ethernet0))
        #expect(kernel.calls.contains("filter 7 ingress 1@3"))
        try dataplane.perform(.attach(.b, to: .ethernet0))
        #expect(kernel.calls.contains("filter 7 ingress 2@2"))
    }

    @Test("a filter that somebody put in our place is not removed")
    func replacedByOther() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0))
        let other = FilterInfo(id: FilterID(handle: 1, priority: 1), isOurs: false, sharesPriority: true)
        kernel.filterTable[ingress] = [other]
        try dataplane.perform(.detach(.a))
        #expect(kernel.filterTable[ingress] == [other])
    }

    @Test("a vanished device is nobody's to clean")
    func vanished() throws {
        let dataplane = try Dataplane.start(kernel, attach: .clsact)
        try dataplane.perform(.attach(.a, to: .ethernet0))
        kernel.devices.removeAll { $0.ifindex == 7 }
        kernel.calls = []
        try dataplane.perform(.detach(.a))
        #expect(kernel.calls == ["record 0 a ingress"])
    }
}
