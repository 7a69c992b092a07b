import CTraffic
import Glibc

/// Hears every frame that arrives on an interface, before its ingress hooks, and counts what it hears.
public final class Receiver: Sendable {
    private static let capacity = 80_000
    private let socket: Int32

    /// The interface is looked up in the calling thread's network namespace. `buffer` is the memory that the kernel may
    /// fill between two calls of `drain`, in bytes.
    public init(interface name: String, buffer: Int = 256 << 20) throws(TrafficError) {
        let found = try Interface(name)
        socket = try TrafficError.check(
            ctraffic_open_receiver(found.index, Int32(buffer)), "open a packet socket on \(name)")
    }

    deinit { close(socket) }

    /// Takes what has arrived since the last call and hands each frame to `body`, its tags put back in place. A frame that
    /// the kernel has not segmented arrives whole, with its offload.
    public func drain(_ body: (Frame) throws -> Void) throws {
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.capacity)
        defer { buffer.deallocate() }
        while true {
            var about = ctraffic_received()
            let length = try TrafficError.check(
                ctraffic_receive(socket, buffer, UInt32(Self.capacity), &about), "receive")
            if length == 0 { return }
            try body(Frame(UnsafeBufferPointer(start: buffer, count: Int(length)), about))
        }
    }

    /// The tally of what has arrived since the last call.
    public func drain() throws -> Tally {
        var tally = Tally()
        try drain { tally.add($0.expectation) }
        return tally
    }

    /// Frames since the last call that did not fit into the buffer.
    public func overflow() throws(TrafficError) -> Int {
        Int(try TrafficError.check(ctraffic_receiver_drops(socket), "read packet socket statistics"))
    }
}

extension Frame {
    fileprivate init(_ received: UnsafeBufferPointer<UInt8>, _ about: ctraffic_received) {
        var bytes = Array(received)
        let hasTag = about.has_tag != 0
        if hasTag { bytes.insert(contentsOf: [UInt8].words(Int(about.tag_type), Int(about.tag_control)), at: 12) }
        let offload = Offload.Kind(virtioType: about.gso_type).map {
            Offload(
                $0, segmentSize: Int(about.gso_size), transportStart: Int(about.checksum_start) + (hasTag ? 4 : 0))
        }
        self.init(name: "received", bytes: bytes, offload: offload)
    }
}
