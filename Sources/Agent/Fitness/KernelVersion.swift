/// The first two numbers of a kernel's release.
struct KernelVersion: Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) { (self.major, self.minor) = (major, minor) }

    /// - Parameter release: as `uname -r` has it, such as `6.1.0-29-2-amd64`; nil when it does not begin with two numbers.
    init?(release: String) {
        let parts = release.split(separator: ".", maxSplits: 2)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1].prefix { $0.isNumber }) else {
            return nil
        }
        self.init(major, minor)
    }

    static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

    var description: String { "\(major).\(minor)" }

    /// The oldest that is tested, and that CAP_BPF and what the programs use are sure to be in.
    static let least = KernelVersion(5, 10)
    /// Memory of maps is charged to control groups, not to RLIMIT_MEMLOCK.
    static let chargesGroups = KernelVersion(5, 11)
    static let hasTCX = KernelVersion(6, 6)
    /// Its verifier takes programs of jobs without filter, flows and QoS from whoever lacks CAP_PERFMON (docs/kernels.md).
    static let countsWithoutPerfmon = KernelVersion(6, 1)
    /// Its verifier takes every program from them.
    static let measuresWithoutPerfmon = KernelVersion(6, 12)
}
