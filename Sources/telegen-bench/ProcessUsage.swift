import Glibc

/// What this process uses.
enum ProcessUsage {
    /// Of all threads, those that have ended too.
    static var cpuNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Resident memory, and the most of it since `forgetPeak`, in MB (proc_pid_status(5)).
    static var residentMegabytes: Double { get throws(BenchFailure) { try megabytes("VmRSS:") } }
    static var peakMegabytes: Double { get throws(BenchFailure) { try megabytes("VmHWM:") } }

    /// The peak is what is resident now (`clear_refs`, proc(5)).
    static func forgetPeak() throws(BenchFailure) {
        guard let file = fopen("/proc/self/clear_refs", "w") else {
            throw BenchFailure(operation: "open /proc/self/clear_refs", code: errno)
        }
        fputs("5", file)
        guard fclose(file) == 0 else { throw BenchFailure(operation: "write /proc/self/clear_refs", code: errno) }
    }

    private static func megabytes(_ field: String) throws(BenchFailure) -> Double {
        guard let file = fopen("/proc/self/status", "r") else {
            throw BenchFailure(operation: "open /proc/self/status", code: errno)
        }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split { $0 == "\t" || $0 == " " }
            if words.first.map(String.init) == field, let kilobytes = words.dropFirst().first.flatMap({ Double($0) }) {
                return kilobytes * 1024 / 1e6
            }
        }
        throw BenchFailure(operation: "read \(field) of /proc/self/status", code: ENOENT)
    }
}
