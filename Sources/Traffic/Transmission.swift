import CTraffic
import Synchronization

/// One run of a `Sender`.
struct Transmission: Sendable {
    let socket: Int32
    let index: UInt32
    let mix: TrafficMix
    let count: Int
    let rate: Int
    let deadline: ContinuousClock.Instant?
    let progress: (@Sendable (Tally) -> Void)?

    /// Blocks until everything is sent, the deadline has passed, `stop` is set, or the kernel refuses a frame.
    func perform(until stop: borrowing Atomic<Bool>) -> Result<Tally, SendFailure> {
        let prepared = PreparedFrames(mix.frames)
        var order = mix.order()
        var pacer = Pacer(rate: rate, largestBurst: CTRAFFIC_BURST, start: .now)
        var counts = [UInt64](repeating: 0, count: mix.frames.count)
        var left = count
        var nextProgress = ContinuousClock.now
        while left > 0, !stop.load(ordering: .relaxed) {
            let now = ContinuousClock.now
            if let deadline, deadline <= now { break }
            if let progress, nextProgress <= now {
                nextProgress = now + .milliseconds(500)
                progress(Tally(of: mix.frames, counts: counts))
            }
            if let delay = pacer.delay(now: now) {
                Pacer.sleep(delay)
                continue
            }
            let burst = (0..<min(pacer.burst, left)).compactMap { _ in order.next() }
            left -= burst.count
            if let failure = send(burst, of: prepared, counts: &counts) { return .failure(failure) }
        }
        return .success(Tally(of: mix.frames, counts: counts))
    }

    private func send(_ burst: [Int], of prepared: borrowing PreparedFrames, counts: inout [UInt64]) -> SendFailure? {
        var rest = burst[...]
        while let first = rest.first {
            let sent = ctraffic_send(socket, index, rest.map { prepared.frames[$0] }, UInt32(rest.count))
            guard sent > 0 else {
                return SendFailure(
                    frame: mix.frames[first].name, errno: -sent, sent: Tally(of: mix.frames, counts: counts))
            }
            for kind in rest.prefix(Int(sent)) { counts[kind] += 1 }
            rest = rest.dropFirst(Int(sent))
        }
        return nil
    }
}
