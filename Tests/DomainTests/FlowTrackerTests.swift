import Testing

@testable import Domain

@Suite struct FlowTrackerTests {
    private let one = Volume(packets: 1, bytes: 100)

    /// A table of one cell per CPU.
    private func table(_ cells: FlowCell...) -> FlowTable { FlowTable(cpus: cells.map { [$0] }) }

    private func cell(
        _ version: UInt32, _ port: UInt16?, _ counted: UInt64, missed: UInt64 = 0, other: UInt64 = 0
    ) -> FlowCell {
        func volume(_ packets: UInt64) -> Volume { Volume(packets: packets, bytes: packets * 100) }
        return FlowCell(
            version: version, owner: port.map { .flow($0) }, counted: volume(counted), missed: volume(missed),
            other: volume(other))
    }

    @Test("what a flow counts is summed over the CPUs")
    func cpus() throws {
        var tracker = FlowTracker(madeAt: .second(1))
        tracker.update(table(cell(1, 7, 5), cell(1, 7, 3)), now: .second(2))
        let flow = try #require(tracker.top(9).first)
        #expect(flow.key == .flow(7))
        #expect(flow.counted == Volume(packets: 8, bytes: 800))
        #expect(flow.error == Volume())
        #expect(flow.firstSeen == .second(1) && flow.lastSeen == .second(2))
    }

    @Test("where another flow holds the cell all that was turned away can be this flow's")
    func elsewhere() throws {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(1, 7, 50, other: 2), cell(1, 8, 3, other: 4)), now: .second(2))
        tracker.update(table(cell(1, 7, 60, other: 9), cell(1, 8, 4, other: 5)), now: .second(3))
        let flow = try #require(tracker.top(1).first)
        #expect(flow.counted.packets == 60)
        #expect(flow.error.packets == 5)
    }

    @Test("a flow that came anew can have been turned away since the last reading and until it came")
    func comesAnew() throws {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(1, 8, 5, other: 2)), now: .second(2))
        tracker.update(table(cell(2, 7, 9, missed: 6, other: 20)), now: .second(3))
        let flow = try #require(tracker.top(1).first)
        #expect(flow.key == .flow(7))
        #expect(flow.counted.packets == 9)
        #expect(flow.error.packets == 4)
        #expect(flow.firstSeen == .second(2))
    }

    @Test("a second stay counts on, and what came between is in the error")
    func twoStays() throws {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(1, 7, 5)), now: .second(2))
        tracker.update(table(cell(3, 7, 2, missed: 12, other: 14)), now: .second(3))
        let flow = try #require(tracker.top(9).first { $0.key == .flow(7) })
        #expect(flow.counted.packets == 7)
        #expect(flow.error.packets == 12)
    }

    @Test("a cell that was being handed over is believed at the next reading, from its last good one on")
    func torn() throws {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(1, 7, 5), cell(0, nil, 0)), now: .second(2))
        tracker.update(table(cell(2, nil, 77), cell(1, 9, 4)), now: .second(3))
        #expect(tracker.top(9).map(\.counted.packets) == [5])
        tracker.update(table(cell(2, 8, 6, missed: 0, other: 5), cell(1, 9, 4)), now: .second(4))
        let flow = try #require(tracker.top(9).first { $0.key == .flow(8) })
        #expect(flow.counted.packets == 6 && flow.firstSeen == .second(2))
    }

    @Test(
        "a table that cannot have become of the last one is a new one",
        arguments: [
            [FlowCell(version: 1, owner: .flow(9), counted: Volume(packets: 9, bytes: 9))],
            [FlowCell(version: 9, owner: .flow(9), counted: Volume(packets: 9, bytes: 9), other: Volume())],
            [
                FlowCell(
                    version: 9, owner: .flow(9), counted: Volume(packets: 9, bytes: 9),
                    other: Volume(packets: 9, bytes: 9000)),
                FlowCell(),
            ],
        ])
    func newTable(cells: [FlowCell]) throws {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(3, 7, 5, other: 4)), now: .second(2))
        tracker.update(FlowTable(cpus: [cells]), now: .second(3))
        #expect(tracker.top(9).isEmpty)
        var more = cells
        more[0].counted = more[0].counted + one
        tracker.update(FlowTable(cpus: [more]), now: .second(4))
        let flow = try #require(tracker.top(9).first)
        #expect(flow.key == .flow(9) && flow.counted == one && flow.firstSeen == .second(3))
    }

    @Test("what a table held that an earlier agent has left is not said to have come since")
    func inherited() throws {
        var tracker = FlowTracker(madeAt: nil)
        tracker.update(table(cell(1, 7, 500, other: 9), cell(3, nil, 0)), now: .second(2))
        tracker.update(table(cell(1, 7, 500, other: 9), cell(4, 7, 20, other: 6)), now: .second(3))
        #expect(tracker.top(9).isEmpty)
        tracker.update(table(cell(1, 7, 503, other: 10), cell(4, 7, 21, other: 6)), now: .second(4))
        let flow = try #require(tracker.top(9).first)
        #expect(flow.counted.packets == 4 && flow.error.packets == 0 && flow.firstSeen == .second(3))
    }

    @Test("versions may wrap")
    func wrap() throws {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(.max, 7, 5, other: 2)), now: .second(2))
        tracker.update(table(cell(1, 8, 9, missed: 7, other: 12)), now: .second(3))
        let flow = try #require(tracker.top(1).first)
        #expect(flow.key == .flow(8) && flow.error.packets == 5)
    }

    @Test("flows are ranked by their bytes of late, and by their keys where these are equal")
    func ranking() {
        var tracker = FlowTracker(madeAt: .second(0))
        let busy = [cell(1, 3, 1), cell(1, 2, 1), cell(1, 1, 40), cell(1, 4, 20)]
        tracker.update(FlowTable(cpus: [busy]), now: .second(1))
        #expect(tracker.top(9).map(\.key.sourcePort) == [1, 4, 2, 3])
        #expect(tracker.top(2).map(\.key.sourcePort) == [1, 4])
        for second in 2...3 {
            tracker.update(FlowTable(cpus: [busy.dropLast() + [cell(1, 4, 20 * UInt64(second))]]), now: .second(second))
        }
        #expect(tracker.top(1).map(\.key.sourcePort) == [4])
    }

    @Test("a flow without a packet for a minute is forgotten, and begins anew when it returns")
    func forgotten() throws {
        var tracker = FlowTracker(madeAt: .second(0))
        let large = UInt64(1) << 40
        tracker.update(table(cell(1, 7, large)), now: .second(0))
        tracker.update(table(cell(1, 7, large)), now: .second(59))
        #expect(tracker.top(9).count == 1)
        tracker.update(table(cell(1, 7, large)), now: .second(60))
        #expect(tracker.top(9).isEmpty)
        tracker.update(table(cell(1, 7, large + 3)), now: .second(65))
        let flow = try #require(tracker.top(9).first)
        #expect(flow.counted.packets == 3 && flow.firstSeen == .second(60))
    }

    @Test("a small flow that goes on saying nothing is forgotten sooner")
    func fades() {
        var tracker = FlowTracker(madeAt: .second(0))
        for second in 0..<8 { tracker.update(table(cell(1, 7, 1)), now: .second(second)) }
        #expect(tracker.top(9).isEmpty)
    }

    @Test("of more flows than the table has cells the smallest are forgotten")
    func limit() {
        var tracker = FlowTracker(madeAt: .second(0))
        tracker.update(table(cell(1, 7, 900)), now: .second(1))
        tracker.update(table(cell(2, 8, 1, missed: 0, other: 900)), now: .second(2))
        #expect(tracker.top(9).map(\.key) == [.flow(7)])
    }
}
