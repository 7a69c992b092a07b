import Dispatch
import Glibc
import Traffic

/// What a report needs beside the tally.
struct Session: Sendable {
    let interface: String
    let seed: UInt64
    private let start = ContinuousClock.now
    private let before: DeviceDrops

    init(interface: String, seed: UInt64) throws {
        self.interface = interface
        self.seed = seed
        before = try DeviceDrops(of: [interface])
    }

    func report(_ tally: Tally) throws -> Report {
        Report(
            interface: interface, seed: seed, seconds: (ContinuousClock.now - start) / .seconds(1), tally: tally,
            drops: try DeviceDrops(of: [interface]).since(before))
    }
}

/// Runs `body`, and cancels it at SIGINT or SIGTERM.
func untilSignalled<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
    let task = Task(operation: body)
    let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { task.cancel() }
        source.resume()
        return source
    }
    defer { for source in sources { source.cancel() } }
    return try await task.value
}
