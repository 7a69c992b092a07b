import CLibbpf
import Glibc

/// The kernel's means to run a program without a device (BPF_PROG_TEST_RUN): packets seem to arrive at the loopback
/// device of this network namespace.
final class TestRun {
    /// What every kernel takes, in bytes.
    static let sizes = 14...3500

    /// Since Linux 6.18 a packet is refused when there is less than an IP header behind its EtherType, if that is IP's.
    static func takes(_ bytes: [UInt8]) -> Bool {
        let type = Int(bytes[12]) << 8 | Int(bytes[13])
        let header = type == 0x0800 ? 20 : type == 0x86dd ? 40 : 0
        return bytes.count >= 14 + header
    }

    /// libbpf wants padding to be zero: this memory is only ever written field by field.
    private let options = UnsafeMutablePointer<bpf_test_run_opts>.zeroed()
    private let context = UnsafeMutablePointer<__sk_buff>.zeroed()

    init() {
        options.pointee.sz = MemoryLayout<bpf_test_run_opts>.size
        options.pointee.ctx_in = UnsafeRawPointer(context)
        options.pointee.ctx_size_in = UInt32(MemoryLayout<__sk_buff>.size)
        options.pointee.repeat = 1
    }

    deinit {
        free(options)
        free(context)
    }

    /// What the program answered. libbpf leaves the sizes of what came out, which are limits when they go in again.
    func verdict(of program: Int32, on packet: TestPacket) throws(TestRunFailure) -> Int32 {
        context.pointee.gso_size = UInt32(packet.offload?.segmentSize ?? 0)
        context.pointee.gso_segs = packet.saysSegments ? UInt32(packet.wireLengths.count) : 0
        context.pointee.data_end = UInt32(packet.linear ?? 0)
        let status = packet.bytes.withUnsafeBytes { bytes in
            options.pointee.data_in = bytes.baseAddress
            options.pointee.data_size_in = UInt32(bytes.count)
            options.pointee.data_size_out = 0
            options.pointee.ctx_size_out = 0
            return bpf_prog_test_run_opts(program, options)
        }
        guard status == 0 else { throw TestRunFailure(operation: "run \(packet)", code: -status) }
        return Int32(bitPattern: options.pointee.retval)
    }
}

struct TestRunFailure: Error, CustomStringConvertible {
    let operation: String
    let code: Int32
    var detail = ""

    var description: String { "\(operation): \(String(cString: strerror(code))) \(detail)" }
}

extension UnsafeMutablePointer {
    fileprivate static func zeroed() -> Self {
        calloc(1, MemoryLayout<Pointee>.size)!.bindMemory(to: Pointee.self, capacity: 1)
    }
}
