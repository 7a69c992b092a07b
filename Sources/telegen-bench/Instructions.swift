import CLibbpf
import CTelegenBPF
import Glibc

/// What the kernel has made of a program.
struct Instructions: Encodable {
    /// That the verifier walked.
    let verified: Int
    /// After the verifier has rewritten the program, of 8 bytes each.
    let translated: Int
    /// Bytes of machine code.
    let compiled: Int
    let subprograms: Int
    /// Calls of the kernel's functions in what every packet goes through, and in the subprograms that few do.
    let mainHelperCalls: Int
    let otherHelperCalls: Int

    init(of object: BPFObject) throws {
        let sizes = try Self.info(of: object, bpf_prog_info())
        var code = [bpf_insn](repeating: bpf_insn(), count: Int(sizes.xlated_prog_len) / MemoryLayout<bpf_insn>.size)
        var functions = [bpf_func_info](repeating: bpf_func_info(), count: Int(sizes.nr_func_info))
        var wanted = bpf_prog_info()
        wanted.xlated_prog_len = sizes.xlated_prog_len
        wanted.nr_func_info = sizes.nr_func_info
        wanted.func_info_rec_size = UInt32(MemoryLayout<bpf_func_info>.size)
        try code.withUnsafeMutableBytes { code in
            try functions.withUnsafeMutableBytes { functions in
                wanted.xlated_prog_insns = UInt64(UInt(bitPattern: code.baseAddress))
                wanted.func_info = UInt64(UInt(bitPattern: functions.baseAddress))
                _ = try Self.info(of: object, wanted)
            }
        }
        let calls = code.indices.filter { code[$0].callsHelper }
        let mainEnd = functions.count > 1 ? Int(functions[1].insn_off) : code.count
        verified = Int(sizes.verified_insns)
        translated = code.count
        compiled = Int(sizes.jited_prog_len)
        subprograms = max(0, functions.count - 1)
        mainHelperCalls = calls.filter { $0 < mainEnd }.count
        otherHelperCalls = calls.count - mainHelperCalls
    }

    private static func info(of object: BPFObject, _ wanted: bpf_prog_info) throws(BenchFailure) -> bpf_prog_info {
        var info = wanted
        var size = UInt32(MemoryLayout<bpf_prog_info>.size)
        try check(bpf_obj_get_info_by_fd(object.program, &info, &size), "look at a program")
        return info
    }
}

extension bpf_insn {
    /// Not a call of a subprogram, nor one that the kernel has put in line.
    fileprivate var callsHelper: Bool { Int32(code) == BPF_JMP | BPF_CALL && src_reg == 0 }
}
