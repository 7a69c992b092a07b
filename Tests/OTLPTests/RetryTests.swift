import OTLP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RetryTests {
    @Test("A retryable failure is tried again after 1, 2, 4 s, each time with the newest batch")
    func backsOff() async {
        let receiver = ScriptedExporter([.unavailable, .unavailable, .unavailable])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(1), .seconds(3), .seconds(7))
            await bench.clock.sleeper(until: .seconds(10))
        }
        #expect(receiver.batches.map(\.time) == [1, 1_000_000_001, 3_000_000_001, 7_000_000_001])
        let status = await bench.exporter.status
        #expect((status.state, status.failedExports, status.lastError) == (.ok, 0, nil))
        #expect(bench.delivered == 1)
    }

    @Test(
        "The timeout covers all retries; then the export has failed, and the next one waits its turn and has all of its own"
    )
    func timeout() async {
        let receiver = ScriptedExporter(Array(repeating: .unavailable, count: 4))
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(1), .seconds(3), .seconds(7))
            await bench.clock.sleeper(until: .seconds(15))
            let status = await bench.exporter.status
            #expect((status.state, status.failedExports) == (.failing, 1))
            #expect(status.lastError == "unavailable: away")
            #expect(status.lastExport == nil)
            await bench.pass(.seconds(15))
            await bench.clock.sleeper(until: .seconds(25))
            #expect(receiver.batches.count == 5)
            #expect(await bench.exporter.status.state == .ok)
        }
    }

    @Test("Waits grow to 10 s and no further, and start small again after a success")
    func waitsAreBounded() async {
        let receiver = ScriptedExporter(Array(repeating: .unavailable, count: 6) + [.ok, .unavailable])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(1), .seconds(3), .seconds(7), .seconds(15), .seconds(25), .seconds(35))
            await bench.pass(.seconds(45), .seconds(46))
            await bench.clock.sleeper(until: .seconds(55))
        }
        let seconds = receiver.batches.map { ($0.time ?? 0) / 1_000_000_000 }
        #expect(seconds == [0, 1, 3, 7, 15, 25, 35, 45, 46])
    }

    @Test("An attempt without an answer ends with the export's timeout")
    func hang() async {
        let receiver = ScriptedExporter([.hang])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.milliseconds(7500))
            await bench.clock.sleeper(until: .seconds(10))
            let status = await bench.exporter.status
            #expect((status.failedExports, status.lastError) == (1, "no answer in time"))
        }
    }

    @Test("An exporter that cannot be cancelled is left behind")
    func deaf() async {
        let receiver = ScriptedExporter([.deaf])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.milliseconds(7500), .seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
            #expect(receiver.batches.count == 2)
        }
        await receiver.shutdown()
    }

    @Test("A receiver that asks for a wait gets it, even if it is longer than the interval")
    func askedToWait() async {
        let receiver = ScriptedExporter([.wait(.seconds(21))])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(21))
            await bench.clock.sleeper(until: .seconds(31))
            #expect(receiver.batches.map(\.time) == [1, 21_000_000_001])
            #expect(await bench.exporter.status.failedExports == 1)
        }
    }

    @Test("A wait of centuries is taken for a mistake: an hour is the most")
    func absurdWait() async {
        let receiver = ScriptedExporter([.wait(.seconds(Int64.max / 2))])
        let bench = Bench(receiver)
        await bench.exporter.flush()
        bench.clock.advance(to: .seconds(3599))
        async let flushed: Void = bench.exporter.flush()
        await bench.pass(.seconds(3600))
        await flushed
        #expect(receiver.batches.count == 2)
    }

    @Test("A permanent failure is not tried again before the next interval")
    func permanent() async {
        let receiver = ScriptedExporter([.refuse])
        let bench = Bench(receiver)
        await bench.run {
            await bench.clock.sleeper(until: .seconds(10))
            #expect(receiver.batches.count == 1)
            let status = await bench.exporter.status
            #expect((status.state, status.failedExports) == (.failing, 1))
            await bench.pass(.seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
            #expect(receiver.batches.count == 2)
        }
        #expect(bench.delivered == 1)
    }

    @Test("A partial success is not tried again; the refused points are counted and told once")
    func partialSuccess() async {
        let partial = ScriptedExporter.Step.answer(.success(rejected: 3, message: "too old", status: .grpc("OK")))
        let receiver = ScriptedExporter([partial, partial])
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(10))
            await bench.clock.sleeper(until: .seconds(20))
            #expect(receiver.batches.count == 2)
            let status = await bench.exporter.status
            #expect((status.state, status.rejectedPoints) == (.ok, 6))
            #expect(status.lastError == "3 points refused: too old")
        }
        let warnings = bench.log.lines.filter { $0.hasPrefix("warning") }
        #expect(warnings == ["warning: the collector at collector:4317 refuses 3 points: too old"])
    }

    @Test("A message without refused points is a warning, and no error")
    func warning() async {
        let receiver = ScriptedExporter([.answer(.success(rejected: 0, message: "deprecated", status: .grpc("OK")))])
        let bench = Bench(receiver)
        await bench.exporter.flush()
        #expect(await bench.exporter.status.lastError == nil)
        #expect(bench.log.lines.last == "warning: the collector at collector:4317 warns: deprecated")
    }

    @Test("The log hears of transitions only: one line for an outage, one for its end")
    func transitions() async {
        let receiver = ScriptedExporter([.ok] + Array(repeating: .unavailable, count: 4))
        let bench = Bench(receiver)
        await bench.run {
            await bench.pass(.seconds(10), .seconds(11), .seconds(13), .seconds(17), .seconds(25))
            await bench.clock.sleeper(until: .seconds(35))
        }
        #expect(
            bench.log.lines == [
                "info: exporting metrics to collector:4317",
                "info: metrics arrive at collector:4317",
                """
                warning: metrics do not arrive at collector:4317: unavailable: away; \
                check that a collector of OTLP listens there, or set another otlp_endpoint
                """,
                "info: metrics arrive at collector:4317",
            ])
    }
}
