import Glibc

/// What this process may do.
public enum Capabilities {
    /// Whether it may neither skip the verifier's Spectre hardening by CAP_PERFMON nor by CAP_SYS_ADMIN
    /// (capabilities(7): bits 38 and 21). Unknown means no.
    public static var lacksPerfmon: Bool {
        guard let file = fopen("/proc/self/status", "re") else { return false }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 8192)
        let count = fread(&text, 1, text.count, file)
        let name = "CapEff:"
        let line = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        guard let digits = line?.dropFirst(name.count).drop(while: { $0 == "\t" || $0 == " " }),
            let effective = UInt64(digits, radix: 16)
        else { return false }
        return effective & (1 << 38 | 1 << 21) == 0
    }
}
