import CBench
import Glibc

/// Where and when numbers were taken; other work on the machine makes all of them larger.
struct Machine: Encodable, CustomStringConvertible {
    /// As `uname -r` says it.
    let kernel: String
    let processor: String
    let cpus: Int
    /// Runnable tasks, on average over the last minute.
    let load: Double

    static var here: Machine {
        var names = utsname()
        uname(&names)
        var averages = [0.0]
        getloadavg(&averages, 1)
        return Machine(
            kernel: withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) },
            processor: processorName, cpus: sysconf(Int32(_SC_NPROCESSORS_ONLN)), load: averages[0])
    }

    var description: String { "Linux \(kernel), \(processor), \(cpus) CPUs, load average \(load.rounded(to: 2))" }

    /// `model name` of /proc/cpuinfo, which not every architecture has.
    private static var processorName: String {
        guard let file = fopen("/proc/cpuinfo", "r") else { return "unknown processor" }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let parts = text.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].hasPrefix("model name") { return String(parts[1].dropFirst().dropLast()) }
        }
        return "unknown processor"
    }

    /// Keeps the calling thread on one CPU.
    static func stay(on cpu: Int) throws(BenchFailure) {
        try check(cbench_stay_on(Int32(cpu)), "stay on CPU \(cpu)")
    }
}
