import TestSupport
import Testing

@testable import Domain

/// Random traffic through the kernel's table, read now and then, also while cells are being handed over.
@Suite struct FlowTrackerPropertyTests {
    private struct Run {
        var random: SeededGenerator
        let cells = 8
        let cpus: Int
        var kernel: KernelFlowTable
        var tracker: FlowTracker
        var now = UnixTime.second(0)
        /// All that ever came of each flow, at the time of every reading.
        var truth: [UnixTime: [FlowKey: Volume]] = [.second(0): [:]]
        var sent: [FlowKey: Volume] = [:]

        init(seed: UInt64, cpus: Int, madeAt: UnixTime? = .second(0)) {
            tracker = FlowTracker(madeAt: madeAt)
            random = SeededGenerator(seed: seed)
            self.cpus = cpus
            kernel = KernelFlowTable(cpus: cpus, cells: cells, idle: 900)
        }

        /// Few flows are large and many small; each interval has its own.
        mutating func traffic(interval: Int) {
            for packet in 0..<Int.random(in: 0..<600, using: &random) {
                let isHeavy = Bool.random(using: &random)
                let ports = isHeavy ? UInt16(interval / 8 + 1)...UInt16(interval / 8 + 6) : 100...999
                let port = UInt16.random(in: ports, using: &random)
                let bytes = UInt64.random(in: 60...1514, using: &random)
                let key = FlowKey.flow(port)
                kernel.count(
                    key, bytes: bytes, cpu: .random(in: 0..<cpus, using: &random), at: interval * 600 + packet)
                sent[key] = (sent[key] ?? Volume()) + Volume(packets: 1, bytes: bytes)
            }
        }

        mutating func read(tearing share: Int) {
            var table = kernel.table
            for cell in table.cells.indices
            where table.cells[cell].version > 0 && Int.random(in: 0..<100, using: &random) < share {
                let volume = Volume(packets: .random(in: 0...99, using: &random), bytes: 1)
                table.cells[cell] = FlowCell(version: .random(in: 1...99, using: &random), counted: volume)
            }
            now = UnixTime(nanoseconds: now.nanoseconds + .random(in: 1...10, using: &random) * 1_000_000_000)
            tracker.update(table, now: now)
            truth[now] = sent
        }
    }

    @Test("the true volume since a flow was first seen is in what was counted and the error", arguments: 1...12)
    func bounds(seed: Int) throws {
        // Of every other table nobody knows when it was made, as after a restart in the middle of traffic.
        var run = Run(seed: UInt64(seed), cpus: 1 + seed % 4, madeAt: seed.isMultiple(of: 2) ? .second(0) : nil)
        if seed % 4 == 1 { run.traffic(interval: 50) }
        let tearing = seed % 3
        for interval in 0..<40 {
            run.traffic(interval: interval)
            run.read(tearing: tearing)
            let flows = run.tracker.top(.max)
            #expect(flows.count <= run.cells * run.cpus)
            for flow in flows {
                let before = try #require(run.truth[flow.firstSeen])
                let came = (run.sent[flow.key] ?? Volume()) - (before[flow.key] ?? Volume())
                #expect(flow.counted.packets <= came.packets && flow.counted.bytes <= came.bytes)
                // A flow whose cell was torn is known as of an earlier reading.
                guard tearing == 0 || flow.lastSeen == run.now else { continue }
                let most = flow.counted + flow.error
                #expect(came.packets <= most.packets && came.bytes <= most.bytes)
            }
        }
    }

    @Test("everything that came is either a flow's or is counted beside the flows", arguments: 1...4)
    func nothingIsLost(seed: Int) {
        var run = Run(seed: UInt64(seed), cpus: 2)
        for interval in 0..<20 { run.traffic(interval: interval) }
        let cells = run.kernel.table.cells
        #expect(
            cells.reduce(Volume()) { $0 + $1.counted + $1.other } == run.sent.values.reduce(Volume(), +))
    }

    @Test("a flow of a tenth of the bytes is found among noise, with a small error", arguments: 1...4)
    func heavyHitter(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var kernel = KernelFlowTable(cpus: 2, cells: 64)
        var tracker = FlowTracker(madeAt: .second(0))
        for interval in 1...10 {
            for _ in 0..<4000 {
                let isHeavy = Int.random(in: 0..<10, using: &random) == 0
                let key = FlowKey.flow(isHeavy ? 1 : .random(in: 2...60_000, using: &random))
                kernel.count(key, bytes: 1000, cpu: .random(in: 0...1, using: &random))
            }
            tracker.update(kernel.table, now: .second(interval * 5))
        }
        let top = try #require(tracker.top(1).first)
        #expect(top.key == .flow(1))
        #expect(top.error.bytes * 20 < top.counted.bytes)
    }
}
