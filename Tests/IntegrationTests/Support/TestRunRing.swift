import Glibc

@testable import Traffic

/// Sends frames of whose bytes no more than the Ethernet header arrive in the linear part: a packet socket's transmit
/// ring (packet_mmap.rst) hands the kernel pages, not a copy.
final class RingSender {
    /// Frames at once: fewer than a backlog holds.
    static let capacity = 500
    private static let slot = 4096
    private static let slots = 512
    /// struct tpacket2_hdr.
    private static let header = 32
    private static let request: UInt32 = 1

    private let socket: Int32
    private let ring: UnsafeMutableRawPointer
    private var next = 0

    /// The interface is looked up in the calling thread's network namespace.
    init(interface: String) throws(TestRunFailure) {
        let descriptor = Glibc.socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestRunFailure(operation: "open a packet socket", code: errno) }
        let size = UInt32(Self.slot * Self.slots)
        // PACKET_VERSION 2; PACKET_TX_RING of one block.
        var version: Int32 = 1
        var shape = (size, UInt32(1), UInt32(Self.slot), UInt32(Self.slots))
        var address = [UInt8](repeating: 0, count: 20)
        address[0] = UInt8(AF_PACKET)
        withUnsafeBytes(of: if_nametoindex(interface)) { address.replaceSubrange(4..<8, with: $0) }
        let isBound = address.withUnsafeBytes {
            bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), 20)
        }
        let isReady =
            isBound == 0 && setsockopt(descriptor, 263, 10, &version, 4) == 0
            && setsockopt(descriptor, 263, 13, &shape, 16) == 0
        let memory = mmap(nil, Int(size), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard isReady, let memory, memory != MAP_FAILED else {
            let failure = TestRunFailure(operation: "make a ring on \(interface)", code: errno)
            close(descriptor)
            throw failure
        }
        (socket, ring) = (descriptor, memory)
    }

    deinit {
        munmap(ring, Self.slot * Self.slots)
        close(socket)
    }

    /// What was sent before must have arrived: the kernel still looks at its bytes.
    func send(_ frames: [[UInt8]]) throws(TestRunFailure) {
        precondition(frames.count <= Self.capacity)
        for frame in frames {
            let slot = ring + next * Self.slot
            next = (next + 1) % Self.slots
            (slot + Self.header).copyMemory(from: frame, byteCount: frame.count)
            slot.storeBytes(of: UInt32(frame.count), toByteOffset: 4, as: UInt32.self)
            slot.storeBytes(of: Self.request, as: UInt32.self)
        }
        guard Glibc.send(socket, nil, 0, 0) >= 0 else { throw TestRunFailure(operation: "send a ring", code: errno) }
    }
}
