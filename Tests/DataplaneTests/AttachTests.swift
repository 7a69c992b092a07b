import Domain
import Logging
import Synchronization
import Testing

@testable import Dataplane

@Suite("Attaching")
struct AttachTests {
    let kernel = RecordedKernel(ports: [.ethernet0, .ethernet4])

    @Test("a tap gets a cleared slot and a record before its link stands")
    func order() throws {
        let dataplane = try Dataplane.start(kernel, now: 42)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(
            kernel.calls == ["clear 0", "record 0 a ingress", "load ethernet", "record 0 a ingress", "link a_ingress"])
        #expect(dataplane.taps[.a]?.startedAt == UnixTime(nanoseconds: 42))
        #expect(dataplane.taps[.a]?.attachment == Domain.Attachment(port: .ethernet0, type: .tcx))
    }

    @Test("two jobs on one port and direction are in two lanes, on two ports in one")
    func lanes() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.count { $0.hasPrefix("load") } == 2)
        try dataplane.perform(.attach(.aOut, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.count { $0.hasPrefix("load") } == 3)
        try dataplane.perform(.attach(TapID(JobName("c")!, .ingress), to: .ethernet4, measuring: .plain))
        #expect(kernel.calls.count { $0.hasPrefix("load") } == 3)
        let slots = kernel.lanes.values.flatMap { $0.values }
        #expect(Set(slots) == [0, 1, 2, 3])
    }

    @Test("devices whose numbers share a cell of the lane map are in different lanes")
    func collision() throws {
        let far = Port(name: NetdevName("far")!, ifindex: 7 + 4096)
        kernel.devices.append(far)
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: far, measuring: .plain))
        #expect(kernel.calls.count { $0.hasPrefix("load") } == 2)
    }

    @Test("detaching keeps the slot and its start; attaching again goes on in it")
    func resume() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.detach(.a))
        #expect(kernel.linkTable.isEmpty)
        #expect(dataplane.taps[.a] == TapState(startedAt: UnixTime(nanoseconds: 1), attachment: nil))
        try dataplane.perform(.attach(.a, to: .ethernet4, measuring: .plain))
        #expect(kernel.calls.count { $0.hasPrefix("clear") } == 1)
    }

    @Test("a released slot is the next job's, cleared anew")
    func reuse() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.release(.a))
        #expect(dataplane.taps.isEmpty)
        #expect(kernel.recordTable.allSatisfy { $0.tap == nil })
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        #expect(kernel.calls.count { $0 == "clear 0" } == 3)
    }

    @Test("looking after the taps tells how many programs of others see a packet before ours")
    func ahead() throws {
        let kernel = RecordedKernel(ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        #expect(dataplane.taps[.a]?.programsAhead == 0)
        let ours = try ["a_ingress", "b_ingress"].compactMap { try kernel.link(pin: $0)?.programID }
        try #require(ours.count == 2)
        kernel.chain = [ours[1], 901, 902, ours[0], 903]
        try dataplane.verify()
        #expect(dataplane.taps[.a]?.programsAhead == 2 && dataplane.taps[.b]?.programsAhead == 0)
    }

    @Test("when all slots are in use the error names the remedy")
    func full() throws {
        let kernel = RecordedKernel(slots: 1, ports: [.ethernet0])
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        let error = #expect(throws: KernelError.self) {
            try dataplane.perform(.attach(.b, to: .ethernet0, measuring: .plain))
        }
        #expect(error?.description.contains("delete some jobs") == true)
    }

    @Test(
        "a failed attachment leaves nothing behind and can be tried again", arguments: ["link", "load", "record 0 a"])
    func failure(call: String) throws {
        let dataplane = try Dataplane.start(kernel)
        kernel.failing = (call, KernelError("it", code: 12))
        #expect(throws: KernelError.self) { try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain)) }
        #expect(kernel.linkTable.isEmpty)
        #expect(dataplane.taps[.a]?.attachment == nil)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(dataplane.taps[.a]?.attachment?.port == .ethernet0)
    }

    @Test("a device without an Ethernet header gets the program for it")
    func layer3() throws {
        let tun = Port(name: NetdevName("tun0")!, ifindex: 9, layer: .network)
        kernel.devices.append(tun)
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: tun, measuring: .plain))
        #expect(kernel.calls.contains("load network"))
    }

    @Test("a tap whose link somebody removed is found missing and can be attached again")
    func verify() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.verify()
        #expect(dataplane.taps[.a]?.attachment != nil)
        kernel.linkTable = [:]
        try dataplane.verify()
        #expect(dataplane.taps[.a]?.attachment == nil)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(kernel.linkTable.count == 1)
    }

    @Test("a tap that could not be taken off its port leaves it before it goes to another one")
    func moved() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.failing = ("unlink", KernelError("it", code: 12))
        #expect(throws: KernelError.self) { try dataplane.perform(.detach(.a)) }
        try dataplane.perform(.attach(.a, to: .ethernet4, measuring: .plain))
        #expect(kernel.linkTable.values.map(\.ifindex) == [8])
        #expect(kernel.lanes.values.flatMap { $0.keys } == [8])
    }

    @Test("an attachment that fails gives its lane back", arguments: ["load", "record 0 a", "link"])
    func lane(call: String) throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        try dataplane.perform(.detach(.a))
        kernel.failing = (call, KernelError("it", code: 12))
        #expect(throws: KernelError.self) { try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain)) }
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.calls = []
        try dataplane.perform(.attach(TapID(JobName("c")!, .ingress), to: .ethernet4, measuring: .plain))
        #expect(!kernel.calls.contains("load ethernet"))
    }

    @Test("what could not be taken back of a tap that is gone is taken back when the taps are looked after")
    func leftBehind() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.linkTable["a_ingress"]?.ifindex = 0  // detached, and still pinned
        kernel.failing = ("unlink", KernelError("remove pin", code: 30))
        #expect(throws: KernelError.self) { try dataplane.verify() }
        #expect(dataplane.taps[.a]?.attachment == nil)
        try dataplane.verify()
        #expect(kernel.linkTable.isEmpty)
        #expect(kernel.calls.count { $0 == "unlink a_ingress" } == 2, "and then no more")
    }

    @Test("removed pins are restored and told of once; taps whose links went with them are attached again")
    func pins() throws {
        let log = Log()
        let dataplane = try Dataplane.start(kernel, logger: log.logger)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.pinsAreMissing = true
        kernel.linkTable = [:]
        try dataplane.verify()
        try dataplane.verify()
        #expect(log.lines.count { $0.contains("restored") } == 1)
        #expect(dataplane.taps[.a]?.attachment == nil)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        #expect(dataplane.taps[.a]?.startedAt == UnixTime(nanoseconds: 1))
        #expect(kernel.calls.count { $0.hasPrefix("clear") } == 1)
    }

    @Test("pins that cannot be restored are an error, and the taps are looked after all the same")
    func pinsOfAnother() throws {
        let dataplane = try Dataplane.start(kernel)
        try dataplane.perform(.attach(.a, to: .ethernet0, measuring: .plain))
        kernel.pinsAreMissing = true
        kernel.linkTable = [:]
        kernel.failing = ("pins", KernelError("lock", code: 11))
        let error = #expect(throws: KernelError.self) { try dataplane.verify() }
        #expect(error?.code == 11)
        #expect(dataplane.taps[.a]?.attachment == nil)
    }

    @Test("releasing all goes on past a tap that fails, and tells of it at the end")
    func releaseAll() throws {
        let dataplane = try Dataplane.start(kernel)
        let taps = [TapID.a, .aOut, .b]
        for tap in taps { try dataplane.perform(.attach(tap, to: .ethernet0, measuring: .plain)) }
        kernel.failing = ("unlink", KernelError("it", code: 12))
        let error = #expect(throws: KernelError.self) { try dataplane.releaseAll() }
        #expect(error?.code == 12)
        #expect(kernel.linkTable.count == 1)
        #expect(dataplane.taps.count == 1)
    }
}

/// What was logged.
private final class Log: Sendable {
    private let storage = Mutex<[String]>([])
    var lines: [String] { storage.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: Log
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.storage.withLock { $0.append("\(event.message)") } }
    }
}
