import CLibbpf
import Glibc

/// A compiled object in which one program is loaded.
final class BPFObject {
    let program: Int32
    /// What the verifier and the compiler of the kernel took.
    let loadTime: Double
    private let object: OpaquePointer

    /// - Parameter prepare: makes the object's maps as the program wants them, before they are created.
    init(
        _ image: [UInt8], program name: String, prepare: (Maps) throws(BenchFailure) -> Void = { _ in }
    ) throws(BenchFailure) {
        clibbpf_capture_warnings()
        let opened = image.withUnsafeBytes { clibbpf_open($0.baseAddress, $0.count, "telegen", nil) }
        guard let opened else { throw BenchFailure(operation: "open a BPF object", code: errno) }
        do throws(BenchFailure) {
            try Self.choose(name, in: opened)
            try prepare(Maps(object: opened))
            let start = ContinuousClock.now
            guard bpf_object__load(opened) == 0 else {
                throw BenchFailure(
                    operation: "load \(name)", code: errno, detail: String(cString: clibbpf_last_warning()))
            }
            loadTime = (ContinuousClock.now - start) / .milliseconds(1)
        } catch {
            bpf_object__close(opened)
            throw error
        }
        object = opened
        program = bpf_program__fd(bpf_object__find_program_by_name(opened, name))
    }

    deinit { bpf_object__close(object) }

    /// A map's descriptor, which is the object's.
    func descriptor(ofMap name: String) throws(BenchFailure) -> Int32 {
        bpf_map__fd(try Maps(object: object)[name])
    }

    private static func choose(_ name: String, in object: OpaquePointer) throws(BenchFailure) {
        var isThere = false
        var next = bpf_object__next_program(object, nil)
        while let program = next {
            let isWanted = String(cString: bpf_program__name(program)) == name
            bpf_program__set_autoload(program, isWanted)
            isThere = isThere || isWanted
            next = bpf_object__next_program(object, program)
        }
        guard isThere else { throw BenchFailure(operation: "find program \(name)", code: ENOENT) }
    }
}

/// The maps of an object that is not loaded yet.
struct Maps {
    fileprivate let object: OpaquePointer

    subscript(_ name: String) -> OpaquePointer {
        get throws(BenchFailure) {
            guard let map = bpf_object__find_map_by_name(object, name) else {
                throw BenchFailure(operation: "find map \(name)", code: ENOENT)
            }
            return map
        }
    }

    func leaveOut(_ name: String) throws(BenchFailure) { bpf_map__set_autocreate(try self[name], false) }

    func share(_ name: String, _ descriptor: Int32) throws(BenchFailure) {
        try check(bpf_map__reuse_fd(try self[name], descriptor), "share map \(name)")
    }

    func resize(_ name: String, entries: Int) throws(BenchFailure) {
        try check(bpf_map__set_max_entries(try self[name], UInt32(entries)), "resize map \(name)")
    }

    func set(_ name: String, to bytes: UnsafeRawBufferPointer) throws(BenchFailure) {
        try check(bpf_map__set_initial_value(try self[name], bytes.baseAddress, bytes.count), "set map \(name)")
    }
}
