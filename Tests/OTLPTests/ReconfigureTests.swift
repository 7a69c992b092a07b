import OTLP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReconfigureTests {
    @Test("A shorter interval counts from the last export")
    func shorterInterval() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver)
        await bench.run {
            await bench.clock.sleeper(until: .seconds(10))
            await bench.exporter.reconfigure(interval: .seconds(2))
            await bench.pass(.seconds(2))
            await bench.clock.sleeper(until: .seconds(4))
            #expect(receiver.batches.count == 2)
        }
    }

    @Test("A new target is tried at once, and the old one is let go of")
    func newTarget() async {
        let old = ScriptedExporter([.wait(.seconds(100))], destination: "old:1")
        let new = ScriptedExporter(destination: "new:2")
        let bench = Bench(old)
        await bench.run {
            await bench.clock.sleeper(until: .seconds(100))
            await bench.exporter.reconfigure(target: .exporter(new))
            await bench.clock.sleeper(until: .seconds(10))
            #expect(new.batches.count == 1)
        }
        #expect(old.isShutDown)
        #expect(await bench.exporter.status.state == .ok)
        #expect(await bench.exporter.status.failedExports == 1)
        #expect(bench.log.lines.last == "info: metrics arrive at new:2")
    }

    @Test("An attempt at the old target is given up")
    func hangingTarget() async {
        let old = ScriptedExporter([.hang])
        let new = ScriptedExporter()
        let bench = Bench(old)
        await bench.run {
            await bench.clock.sleeper(until: .milliseconds(7500))
            await bench.exporter.reconfigure(target: .exporter(new))
            await bench.clock.sleeper(until: .seconds(10))
            #expect(new.batches.count == 1)
        }
        #expect(await bench.exporter.status.failedExports == 0)
    }

    @Test("A target can be taken away and come back")
    func disabledAndBack() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver)
        await bench.run {
            await bench.clock.sleeper(until: .seconds(10))
            bench.clock.advance(to: .seconds(1))
            await bench.exporter.reconfigure(target: .disabled)
            await bench.clock.sleeper(until: .seconds(11))
            #expect(await bench.exporter.status.state == .disabled)
            #expect(receiver.isShutDown)
            bench.clock.advance(to: .seconds(2))
            await bench.exporter.reconfigure(target: .invalid(reason: "not that"))
            await bench.clock.sleeper(until: .seconds(12))
            #expect(await bench.exporter.status.lastError == "not that")
            bench.clock.advance(to: .seconds(3))
            await bench.exporter.reconfigure(target: .exporter(receiver))
            await bench.clock.sleeper(until: .seconds(13))
            #expect(receiver.batches.count == 2)
        }
    }
}
