import Glibc

/// Sends frames as they are through a packet socket, and says how much of them is in the linear part when they arrive.
final class FrameSender {
    /// Frames at once: fewer than a backlog holds.
    static let capacity = 500

    private let socket: Int32
    private let ring: TransmitRing?

    /// - Parameters:
    ///   - interface: looked up in the calling thread's network namespace.
    ///   - isLinear: no more than the Ethernet header is in the linear part otherwise.
    init(interface: String, isLinear: Bool) throws(TestRunFailure) {
        socket = Glibc.socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        ring = isLinear ? nil : TransmitRing(of: socket)
        guard isLinear || ring != nil, Self.bind(socket, to: if_nametoindex(interface)) else {
            let failure = TestRunFailure(operation: "send on \(interface)", code: errno)
            close(socket)
            throw failure
        }
    }

    deinit { close(socket) }

    /// What was sent before must have arrived: of a ring the kernel still looks at its bytes.
    func send(_ frames: [[UInt8]]) throws(TestRunFailure) {
        precondition(frames.count <= Self.capacity)
        let isSent: Bool
        if let ring {
            frames.forEach(ring.put)
            isSent = Glibc.send(socket, nil, 0, 0) >= 0
        } else {
            isSent = frames.allSatisfy { Glibc.send(socket, $0, $0.count, 0) == $0.count }
        }
        guard isSent else { throw TestRunFailure(operation: "send frames", code: errno) }
    }

    /// With struct sockaddr_ll.
    private static func bind(_ socket: Int32, to index: UInt32) -> Bool {
        var address = [UInt8](repeating: 0, count: 20)
        address[0] = UInt8(AF_PACKET)
        withUnsafeBytes(of: index) { address.replaceSubrange(4..<8, with: $0) }
        return address.withUnsafeBytes {
            Glibc.bind(socket, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), 20) == 0
        }
    }
}

/// A packet socket's transmit ring (packet_mmap.rst): it hands the kernel pages, of which no more than the Ethernet
/// header is copied.
private final class TransmitRing {
    private static let slot = 4096
    private static let slots = 512
    /// struct tpacket2_hdr, and its TP_STATUS_SEND_REQUEST.
    private static let header = 32
    private static let request: UInt32 = 1

    private let memory: UnsafeMutableRawPointer
    private var next = 0

    init?(of socket: Int32) {
        let size = Self.slot * Self.slots
        // SOL_PACKET: PACKET_VERSION, TPACKET_V2; PACKET_TX_RING, of one block.
        var version: Int32 = 1
        var shape = (UInt32(size), UInt32(1), UInt32(Self.slot), UInt32(Self.slots))
        guard setsockopt(socket, 263, 10, &version, 4) == 0, setsockopt(socket, 263, 13, &shape, 16) == 0,
            let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, socket, 0), mapped != MAP_FAILED
        else { return nil }
        memory = mapped
    }

    deinit { munmap(memory, Self.slot * Self.slots) }

    func put(_ frame: [UInt8]) {
        let slot = memory + next * Self.slot
        next = (next + 1) % Self.slots
        (slot + Self.header).copyMemory(from: frame, byteCount: frame.count)
        slot.storeBytes(of: UInt32(frame.count), toByteOffset: 4, as: UInt32.self)
        slot.storeBytes(of: Self.request, as: UInt32.self)
    }
}
