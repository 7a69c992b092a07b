import CLinux
import Glibc

/// A right of root's (capabilities(7)); its raw value is the kernel's number.
public enum Capability: Int, CaseIterable, Sendable {
    case netBindService = 10
    case netAdmin = 12
    case sysAdmin = 21
    case perfmon = 38
    case bpf = 39

    /// As people write it: `CAP_BPF`.
    public var name: String {
        switch self {
        case .netBindService: "CAP_NET_BIND_SERVICE"
        case .netAdmin: "CAP_NET_ADMIN"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .perfmon: "CAP_PERFMON"
        case .bpf: "CAP_BPF"
        }
    }
}

/// What this process may do.
public enum Capabilities {
    /// Those that are in effect; nil: /proc does not tell.
    public static var effective: Set<Capability>? {
        guard let file = fopen("/proc/self/status", "re") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 8192)
        let count = fread(&text, 1, text.count, file)
        let name = "CapEff:"
        let line = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        guard let digits = line?.dropFirst(name.count).drop(while: { $0 == "\t" || $0 == " " }),
            let bits = UInt64(digits, radix: 16)
        else { return nil }
        return Set(Capability.allCases.filter { bits >> $0.rawValue & 1 == 1 })
    }

    /// Whether it may neither skip the verifier's Spectre hardening by CAP_PERFMON nor by CAP_SYS_ADMIN. Unknown means no.
    public static var lacksPerfmon: Bool { effective?.isDisjoint(with: [.perfmon, .sysAdmin]) ?? false }

    /// Whether calls to the kernel are filtered (seccomp(2)) although the rights for them are there.
    static var areFiltered: Bool {
        clinux_is_filtered() == 1 && effective?.isSuperset(of: [.bpf, .netAdmin]) == true
    }

    /// Gives up all others, for good, also for programs that are run from now on (no_new_privs).
    ///
    /// Capabilities are a thread's: to be called while there is one.
    public static func keep(_ capabilities: Set<Capability>) throws(KernelError) {
        try check(
            clinux_keep_capabilities(capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) }), "drop capabilities")
    }
}
