import CTraffic
import Dispatch
import Glibc
import Synchronization

/// Sends frames through one interface, past its egress hooks, and knows exactly what it sent.
public final class Sender: Sendable {
    /// Frames per second at which a veth's backlog stays far from full.
    public static let defaultRate = 200_000

    public let interface: String
    /// The interface's MTU when the sender was made.
    public let mtu: Int
    private let index: UInt32
    private let socket: Int32
    private let queue = DispatchQueue(label: "telegen-traffic")

    /// The interface is looked up in the calling thread's network namespace. Needs CAP_NET_RAW.
    public init(interface name: String) throws(TrafficError) {
        let found = try Interface(name)
        let socket = try TrafficError.check(ctraffic_open_sender(found.index), "open a packet socket on \(name)")
        let mtu = ctraffic_mtu(socket, name)
        guard mtu > 0 else {
            close(socket)
            throw .system("read the MTU of \(name)", errno: -mtu)
        }
        self.interface = name
        self.index = found.index
        self.socket = socket
        self.mtu = Int(mtu)
    }

    deinit { close(socket) }

    /// Sends `count` frames of the mix, or as many as `duration` allows, whichever ends first (without both: until the
    /// task is cancelled), at `rate` frames per second, and returns what the kernel took; so it does after a
    /// cancellation. `progress` hears twice a second what was sent so far.
    public func send(
        _ mix: TrafficMix, count: Int? = nil, duration: Duration? = nil, rate: Int = Sender.defaultRate,
        progress: (@Sendable (Tally) -> Void)? = nil
    ) async throws(SendFailure) -> Tally {
        let stop = Atomic(false)
        let run = Transmission(
            socket: socket, index: index, mix: mix, count: count ?? .max, rate: rate,
            deadline: duration.map { .now + $0 }, progress: progress)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: run.perform(until: stop)) }
            }
        } onCancel: {
            stop.store(true, ordering: .relaxed)
        }
        return try result.get()
    }
}
