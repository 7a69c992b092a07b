import OTLP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PeriodicExporterTests {
    @Test("It exports at once, and then whenever the interval has passed")
    func interval() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver)
        await bench.run {
            await bench.clock.sleeper(until: .seconds(10))
            #expect(receiver.batches.count == 1)
            await bench.pass(.seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
            #expect(receiver.batches.count == 2)
        }
        #expect(await bench.exporter.status.state == .ok)
        #expect(await bench.exporter.status.lastExport == 10_000_000_001)
        #expect(bench.delivered == 2)
    }

    @Test("The interval is between the starts of exports, however long they take")
    func startsCount() async {
        let receiver = ScriptedExporter([.unavailable, .unavailable])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(1), .seconds(3))
            await bench.clock.sleeper(until: .seconds(10))
            #expect(receiver.batches.count == 3)
        }
    }

    @Test("Nothing is exported while there is nothing to say")
    func nothingToSay() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver, times: [nil, 5])
        await bench.run {
            await bench.clock.sleeper(until: .seconds(10))
            #expect(receiver.batches == [])
            #expect(await bench.exporter.status.state == .starting)
            await bench.pass(.seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
            #expect(receiver.batches.count == 1)
        }
    }

    @Test("Times rise by at least 1 ns, whatever the wall clock does")
    func timesRise() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver, times: [100, 100, 40, 200])
        await bench.run {
            await bench.pass(.seconds(10), .seconds(20), .seconds(30))
            await bench.clock.sleeper(until: .seconds(40))
        }
        #expect(receiver.batches.map(\.time) == [100, 101, 102, 200])
    }

    @Test("A target that is not one gets nothing, and the status says why")
    func noTarget() async {
        for (target, state, error) in [
            (ExportTarget.disabled, ExportStatus.State.disabled, nil),
            (.invalid(reason: "bad"), .failing, "bad"),
        ] {
            let bench = Bench(target)
            await bench.run { await bench.pass(.seconds(10), .seconds(20)) }
            #expect(bench.collected == 0)
            #expect(await bench.exporter.status == ExportStatus(state: state, lastError: error))
        }
    }

    @Test("A flush exports once more, now")
    func flush() async {
        let receiver = ScriptedExporter()
        let bench = Bench(receiver)
        await bench.exporter.flush()
        #expect(receiver.batches.count == 1)
    }

    @Test("A flush is bounded, and the connection is let go of after it")
    func shutdown() async {
        let receiver = ScriptedExporter([.hang])
        let bench = Bench(receiver)
        async let ended: Void = bench.exporter.shutdown(within: .seconds(3))
        await bench.pass(.seconds(3))
        await ended
        #expect(receiver.isShutDown)
        #expect(await bench.exporter.status.failedExports == 1)
    }

    @Test("Two exports never overlap: a flush waits for the one in flight")
    func oneInFlight() async {
        let receiver = ScriptedExporter([.hang])
        let bench = Bench(receiver)
        await bench.run {
            await bench.clock.sleeper(until: .milliseconds(7500))
            async let flushed: Void = bench.exporter.flush()
            #expect(receiver.batches.count == 1)
            bench.clock.advance(to: .milliseconds(7500))
            await bench.pass(.milliseconds(8500))
            await flushed
            #expect(receiver.batches.count == 2)
        }
    }

    @Test("It ends when its task is cancelled, even amid an attempt")
    func cancelled() async {
        let receiver = ScriptedExporter([.hang])
        let bench = Bench(receiver)
        await bench.run { await bench.clock.sleeper(until: .milliseconds(7500)) }
        #expect(await bench.exporter.status.failedExports == 0)
    }
}
