import GRPCCore
import OTLP
import Testing

/// What we make of collectors that misbehave.
@Suite(.timeLimit(.minutes(5)))
struct OTLPFaultTests {
    /// Exports to a receiver that follows `script` while `body` looks on.
    private func run(
        _ script: [FaultyReceiver.Step], timeout: Duration = .seconds(60),
        settings: ExporterSettings = .patient,
        _ body: (FaultyReceiver, OTLPBench) async throws -> Void
    ) async throws {
        let receiver = try await FaultyReceiver.start(script)
        let bench = try OTLPBench(receiver.endpoint, timeout: timeout, settings: settings)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(receiver, bench))
        } catch {
            result = .failure(error)
        }
        await bench.stop()
        await receiver.stop()
        try result.get()
    }

    @Test("After being unavailable three times it gets the newest batch, at a later time")
    func unavailable() async throws {
        try await run(Array(repeating: .fail(.unavailable), count: 3)) { receiver, bench in
            let requests = try await receiver.requests(4)
            let status = try await bench.status { $0.state == .ok }
            #expect(status.failedExports == 0)
            #expect(zip(requests, requests.dropFirst()).allSatisfy { ($0.times.max() ?? 0) < ($1.times.min() ?? 0) })
        }
    }

    @Test("Each retryable code is retried", arguments: [RPCError.Code.cancelled, .aborted, .outOfRange, .dataLoss])
    func retryable(code: RPCError.Code) async throws {
        try await run([.fail(code)]) { receiver, bench in
            _ = try await receiver.requests(2)
            #expect(try await bench.status { $0.state == .ok }.failedExports == 0)
        }
    }

    @Test(
        "Any other code is the end of that batch",
        arguments: [
            RPCError.Code.invalidArgument, .unauthenticated, .unimplemented, .internalError, .resourceExhausted,
        ])
    func permanent(code: RPCError.Code) async throws {
        try await run([.fail(code)]) { receiver, bench in
            _ = try await receiver.requests(2)
            #expect(try await bench.status { $0.state == .ok }.failedExports == 1)
        }
    }

    @Test(
        "An exhausted receiver that says how long gets that long",
        arguments: [RPCError.Code.resourceExhausted, .unavailable])
    func retryInfo(code: RPCError.Code) async throws {
        try await run([.fail(code, retryAfter: .milliseconds(700))]) { receiver, bench in
            let requests = try await receiver.requests(2)
            #expect(requests[1].at - requests[0].at >= .milliseconds(700))
            #expect(try await bench.status { $0.state == .ok }.failedExports == 0)
        }
    }

    @Test("Refused points are counted, and the status says why they were refused")
    func partialSuccess() async throws {
        let always = Array(repeating: FaultyReceiver.Step.partial(rejected: 1, message: "too old"), count: 1_000)
        try await run(always) { _, bench in
            let status = try await bench.status { $0.rejectedPoints > 0 }
            #expect(status.state == .ok)
            #expect(status.failedExports == 0)
            #expect(status.lastError == "1 points refused: too old")
        }
    }

    @Test("A receiver that hangs is given up after the request's timeout, and asked again")
    func hang() async throws {
        var settings = ExporterSettings.patient
        settings.timeout = .milliseconds(300)
        try await run([.hang, .hang, .hang], settings: settings) { receiver, bench in
            let failing = try await bench.status { $0.state == .failing }
            #expect(failing.lastError?.hasPrefix("deadlineExceeded") == true)
            _ = try await receiver.requests(4)
            #expect(try await bench.status { $0.state == .ok }.failedExports == 0)
        }
    }

    @Test("A receiver that hangs does not outlast the export's timeout either")
    func hangInExport() async throws {
        try await run([.hang], timeout: .milliseconds(300)) { receiver, bench in
            _ = try await receiver.requests(2)
            #expect(try await bench.status { $0.state == .ok }.failedExports >= 1)
        }
    }

    @Test("Connections that break are made again, until one holds")
    func reset() async throws {
        let breaker = try ConnectionBreaker()
        let bench = try OTLPBench("127.0.0.1:\(breaker.port)")
        try await breaker.breakConnections(2)
        #expect(try await bench.status { $0.state == .failing }.lastError?.hasPrefix("unavailable") == true)
        breaker.stop()
        let receiver = try await FaultyReceiver.start(port: breaker.port)
        _ = try await receiver.requests(1)
        _ = try await bench.status { $0.state == .ok }
        await bench.stop()
        await receiver.stop()
    }

    @Test("A collector that is restarted gets metrics again")
    func restart() async throws {
        let receiver = try await FaultyReceiver.start()
        let bench = try OTLPBench(receiver.endpoint)
        _ = try await receiver.requests(2)
        await receiver.stop()
        _ = try await bench.status { $0.state == .failing }
        let successor = try await FaultyReceiver.start(port: UInt16(receiver.port))
        _ = try await successor.requests(1)
        _ = try await bench.status { $0.state == .ok }
        await bench.stop()
        await successor.stop()
    }

    @Test("A receiver that is absent at first gets metrics when it appears, and collecting never waits for it")
    func appears() async throws {
        let port = try Loopback.freePort()
        let bench = try OTLPBench("127.0.0.1:\(port)", timeout: .milliseconds(400))
        let status = try await bench.status {
            $0.failedExports > 1 && $0.lastError?.contains("Connection refused") == true
        }
        #expect(status.state == .failing)
        let receiver = try await FaultyReceiver.start(port: port)
        _ = try await receiver.requests(1)
        _ = try await bench.status { $0.state == .ok }
        await bench.stop()
        await receiver.stop()
    }

    @Test("User agent and headers travel with each request")
    func metadata() async throws {
        var settings = ExporterSettings.patient
        settings.headers = [.init(name: "x-tenant", value: "a b")]
        try await run([], settings: settings) { receiver, _ in
            let metadata = try await receiver.requests(1)[0].metadata
            #expect(
                Array(metadata[stringValues: "user-agent"])
                    == ["telegen-sonic/1.2.3 OTel-OTLP-Exporter-Swift/1.2.3"])
            #expect(Array(metadata[stringValues: "x-tenant"]) == ["a b"])
        }
    }
}
