import CLibbpf
import Glibc

/// The kernel's means to run a program over and over without a device (BPF_PROG_TEST_RUN): packets seem to arrive at the
/// loopback device of this network namespace.
final class TestRun {
    /// libbpf wants padding to be zero: this memory is only ever written field by field.
    private let options: UnsafeMutablePointer<bpf_test_run_opts>

    init() {
        options = calloc(1, MemoryLayout<bpf_test_run_opts>.size)!
            .bindMemory(to: bpf_test_run_opts.self, capacity: 1)
        options.pointee.sz = MemoryLayout<bpf_test_run_opts>.size
    }

    deinit { free(options) }

    /// Nanoseconds of this thread's processor time for each of some runs, with what the kernel does around it.
    func burst(_ object: BPFObject, _ frame: [UInt8], repeats: Int) throws(BenchFailure) -> Double {
        let (status, time) = frame.withUnsafeBytes { bytes in
            options.pointee.data_in = bytes.baseAddress
            options.pointee.data_size_in = UInt32(bytes.count)
            options.pointee.data_size_out = 0
            options.pointee.repeat = Int32(repeats)
            let start = Self.processorTime
            let status = bpf_prog_test_run_opts(object.program, options)
            return (status, Self.processorTime - start)
        }
        try check(status, "run a program on \(frame.count) bytes")
        return Double(time) / Double(repeats)
    }

    private static var processorTime: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
