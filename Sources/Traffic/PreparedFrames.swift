import CTraffic

/// The frames of a mix laid out for the kernel, in one block of memory.
struct PreparedFrames: ~Copyable {
    private let block: UnsafeMutablePointer<UInt8>
    /// In the order of the frames; they point into the block.
    let frames: [ctraffic_frame]

    init(_ source: [Frame]) {
        let block = UnsafeMutablePointer<UInt8>.allocate(capacity: source.reduce(1) { $0 + $1.bytes.count })
        var end = block
        frames = source.map { frame in
            defer { end += frame.bytes.count }
            end.initialize(from: frame.bytes, count: frame.bytes.count)
            return frame.prepared(at: end)
        }
        self.block = block
    }

    deinit { block.deallocate() }
}

extension Frame {
    fileprivate func prepared(at address: UnsafeMutablePointer<UInt8>) -> ctraffic_frame {
        var frame = ctraffic_frame()
        frame.bytes = UnsafePointer(address)
        frame.length = UInt32(bytes.count)
        frame.ether_type = UInt16(outerType)
        guard let offload else { return frame }
        frame.gso_type = offload.kind.virtioType
        frame.gso_size = UInt16(offload.segmentSize)
        frame.header_length = UInt16(offload.headerLength(in: bytes))
        frame.checksum_start = UInt16(offload.transportStart)
        frame.checksum_offset = offload.kind == .udp ? 6 : 16
        return frame
    }
}

extension Offload.Kind {
    var virtioType: UInt8 {
        switch self {
        case .tcp4: UInt8(CTRAFFIC_GSO_TCP4)
        case .tcp6: UInt8(CTRAFFIC_GSO_TCP6)
        case .udp: UInt8(CTRAFFIC_GSO_UDP)
        }
    }

    init?(virtioType: UInt8) {
        guard let kind = [Offload.Kind.tcp4, .tcp6, .udp].first(where: { $0.virtioType == virtioType }) else {
            return nil
        }
        self = kind
    }
}
