import CLibbpf
import CTelegenBPF
import Domain
import Glibc

extension LinuxKernel {
    public func load(_ layer: Port.Layer) throws(KernelError) -> Program {
        try checkDescriptors()
        let object = try BPFObject(image, btf: btf)
        let name = try object.loadDefault(layer, counters: countersMap)
        let lane = try LaneTable(map: object.descriptor(ofMap: ".bss.lane"))
        return Program(program: try object.descriptor(ofProgram: name), lane: lane)
    }

    public func load(_ tailoring: Tailoring) throws(KernelError) -> Program {
        let name = tailoring.programName
        try checkDescriptors()
        let tables = try detailTables(of: tailoring.tap)
        let flows = try tables.prepare(tailoring, within: flowQuota(for: tables))
        let object = try BPFObject(image, btf: btf)
        try object.choose(program: name)
        try object.share(map: "if_stats_percpu", countersMap)
        let detail = tailoring.measurement.detail
        let isCopying = tailoring.measurement.copies != nil
        for (isWanted, map, table) in [
            (detail.contains(.qos), "qos", tables.qos), (detail.contains(.flows), "flows", flows),
            (detail.contains(.bursts), "bursts", tables.bursts), (tailoring.countsCopies, "copies", tables.copies),
        ] {
            if isWanted, let table {
                try object.share(map: map, table)
            } else {
                object.leaveOut(map: map)
            }
        }
        object.leaveOut(map: ".bss.lane")
        if !isCopying { object.leaveOut(map: "bucket") }
        let isSink = tailoring.measurement.session != nil
        if !isSink { object.leaveOut(map: "streams") }
        let (tap, job) = (tailoring.tap, tailoring.tap.job)
        if isCopying, let bucket = buckets[job] { try object.share(map: "bucket", descriptor: bucket.descriptor.raw) }
        if isSink, let known = streams[tap] { try object.share(map: "streams", descriptor: known.descriptor.raw) }
        var operands = tailoring.operands
        try object.set(section: BPFObject.operandsSection, to: &operands, size: MemoryLayout<telegen_operands>.size)
        try object.load(program: name)
        if isCopying, buckets[job] == nil {
            buckets[job] = SharedMap(try FileDescriptor(duplicating: object.descriptor(ofMap: "bucket")))
        }
        if isSink, streams[tap] == nil {
            streams[tap] = SharedMap(try FileDescriptor(duplicating: object.descriptor(ofMap: "streams")))
        }
        return Program(program: try object.descriptor(ofProgram: name))
    }

    /// Bytes that the tap's flow table may take: what others leave of the quota of all.
    private func flowQuota(for tables: DetailTables) -> Int {
        Self.flowQuota - details.values.reduce(0) { $0 + ($1 === tables ? 0 : $1.flowBytes) }
    }

    /// The agent holds as much again to follow what is in them.
    private static let flowQuota = 32 << 20

    public func point(_ program: Program, ifindex: UInt32, at slot: Int?) {
        program.lane?.point(ifindex: ifindex, at: slot)
    }
}

/// An object file on its way into the kernel.
struct BPFObject: ~Copyable {
    static let operandsSection = ".rodata.operands"

    private let object: OpaquePointer

    /// - Parameter btf: path of the kernel's BTF, for an object that has relocations on a kernel without its own.
    init(_ image: [UInt8], btf: String?) throws(KernelError) {
        let opened = image.withUnsafeBytes { clibbpf_open($0.baseAddress, $0.count, "telegen", btf) }
        guard let opened else { throw Self.failed("open the BPF object") }
        object = opened
    }

    deinit { bpf_object__close(object) }

    /// Loads the default program of a layer.
    ///
    /// - Parameter counters: nil: the object's own, with one slot.
    /// - Returns: the program's name.
    func loadDefault(_ layer: Port.Layer, counters: BPFMap? = nil) throws(KernelError) -> String {
        let name = layer == .ethernet ? "telegen_l2" : "telegen_l3"
        try choose(program: name)
        if let counters { try share(map: "if_stats_percpu", counters) }
        for map in [Self.operandsSection, "odd", "qos", "flows", "bursts", "copies", "bucket", "streams"] {
            leaveOut(map: map)
        }
        try load(program: name)
        return name
    }

    /// Only this one is loaded.
    func choose(program name: String) throws(KernelError) {
        var isThere = false
        var program = bpf_object__next_program(object, nil)
        while let candidate = program {
            let isWanted = String(cString: bpf_program__name(candidate)) == name
            bpf_program__set_autoload(candidate, isWanted)
            isThere = isThere || isWanted
            program = bpf_object__next_program(object, candidate)
        }
        guard isThere else { throw KernelError("find program \(name) in the BPF object", code: ENOENT) }
    }

    func share(map name: String, _ shared: BPFMap) throws(KernelError) {
        try share(map: name, descriptor: shared.descriptor.raw)
    }

    func share(map name: String, descriptor: Int32) throws(KernelError) {
        guard bpf_map__reuse_fd(try map(name), descriptor) == 0 else {
            throw Self.failed("share map \(name) with the BPF object")
        }
    }

    /// The program does without it, if it is there. Not without CAP_PERFMON: kernels before 6.17 refuse it then for what
    /// only a mispredicted way would do.
    func leaveOut(map name: String) {
        if Capabilities.lacksPerfmon { return }
        if let map = bpf_object__find_map_by_name(object, name) { bpf_map__set_autocreate(map, false) }
    }

    func set(section name: String, to value: UnsafeRawPointer, size: Int) throws(KernelError) {
        guard bpf_map__set_initial_value(try map(name), value, size) == 0 else { throw Self.failed("set \(name)") }
    }

    func load(program name: String) throws(KernelError) {
        guard bpf_object__load(object) == 0 else {
            let isRefused = [EACCES, EPERM, EINVAL, E2BIG].contains(errno)
            throw Self.failed(
                "load program \(name)",
                remedy: isRefused && Capabilities.lacksPerfmon && Capabilities.effective?.contains(.bpf) == true
                    ? "grant CAP_PERFMON: kernels before 6.12 want it for this" : nil)
        }
    }

    func descriptor(ofProgram name: String) throws(KernelError) -> FileDescriptor {
        try FileDescriptor(duplicating: bpf_program__fd(bpf_object__find_program_by_name(object, name)))
    }

    func descriptor(ofMap name: String) throws(KernelError) -> Int32 { bpf_map__fd(try map(name)) }

    private func map(_ name: String) throws(KernelError) -> OpaquePointer {
        guard let map = bpf_object__find_map_by_name(object, name) else {
            throw KernelError("find map \(name) in the BPF object", code: ENOENT)
        }
        return map
    }

    /// An error of libbpf with the warning that explains it.
    private static func failed(_ operation: String, remedy: String? = nil) -> KernelError {
        let code = errno
        let warning = String(cString: clibbpf_last_warning()).split(separator: "\n").joined(separator: " ")
        let details = [warning.isEmpty || code == EPERM ? nil : warning, remedy].compactMap(\.self)
        return KernelError(operation, code: code, detail: details.isEmpty ? nil : details.joined(separator: "; "))
    }
}
