import Glibc

/// The files that TELEGEN_BPF_OBJECT and TELEGEN_BTF name, looked at before anything is done with them.
enum ObjectFiles {
    private static let elf: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
    /// Of `struct btf_header`, in little-endian order.
    private static let btf: [UInt8] = [0x9f, 0xeb]

    /// The bytes of a compiled object of at most 16 MiB.
    static func object(_ path: String) throws(AgentError) -> [UInt8] {
        let name = "TELEGEN_BPF_OBJECT"
        let bytes = try read(name, path, limit: 16 << 20)
        guard bytes.starts(with: elf) else {
            throw AgentError(
                "\(name) \(path) is no ELF object: name one that clang -target bpf has made of bpf/count.bpf.c, or none"
            )
        }
        return bytes
    }

    /// The kernel's BTF, raw or in an ELF file: libbpf reads either.
    static func checkBTF(_ path: String) throws(AgentError) {
        let name = "TELEGEN_BTF"
        let bytes = try read(name, path, limit: 4)
        guard bytes.starts(with: btf) || bytes.starts(with: elf) else {
            throw AgentError("\(name) \(path) is no BTF: name a file for this kernel (docs/kernels.md), or none")
        }
    }

    /// The first `limit` bytes.
    private static func read(_ name: String, _ path: String, limit: Int) throws(AgentError) -> [UInt8] {
        // A FIFO would be waited for.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw AgentError("cannot read \(name) \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw AgentError("cannot read \(name) \(path): it is no file")
        }
        var bytes = [UInt8](repeating: 0, count: min(limit, Int(facts.st_size)))
        var count = 0
        while count < bytes.count {
            let rest = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, rest) }
            guard got > 0 else { throw AgentError("cannot read \(name) \(path): it ends early") }
            count += got
        }
        return bytes
    }
}
