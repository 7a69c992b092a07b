import BPFPrograms
import CLibbpf
import CTelegenBPF
import Glibc

/// A program of the family, loaded alone and with maps of its own: all cells of the lane lead to slot 0, and so do the
/// operands.
final class ProgramUnderTest {
    /// The programs of the embedded object, by name.
    static let names: [String] = {
        guard let object = try? open() else { return [] }
        defer { bpf_object__close(object) }
        return programs(of: object).map { String(cString: bpf_program__name($0)) }
    }()

    /// Those that look at the packets themselves.
    static let ofPackets = names.filter { $0 != terminating }
    /// That which looks into the copies of mirrors, and at nothing else.
    static let terminating = "telegen_terminating"

    let name: String
    /// What the program does beyond the default: f filters, q counts qos, t flows, b bursts, c copies.
    var flags: String { Self.flags(of: name) }

    private let object: OpaquePointer
    private let program: Int32
    private let kernel = TestRun()

    static func flags(of name: String) -> String {
        if name == terminating { return "fqtbc" }
        return name == "telegen_copying" ? "fqtb" : String(name.dropFirst("telegen_t_".count))
    }

    init(_ name: String, _ operands: telegen_operands = telegen_operands()) throws(TestRunFailure) {
        self.name = name
        object = try Self.open()
        var wanted: OpaquePointer?
        for program in Self.programs(of: object) {
            let isWanted = String(cString: bpf_program__name(program)) == name
            bpf_program__set_autoload(program, isWanted)
            if isWanted { wanted = program }
        }
        Self.set(object, operands)
        bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "flows"), operands.flow_mask + 1)
        guard bpf_object__load(object) == 0, let wanted else {
            let failure = TestRunFailure(
                operation: "load \(name)", code: errno, detail: String(cString: clibbpf_last_warning()))
            bpf_object__close(object)
            throw failure
        }
        program = bpf_program__fd(wanted)
    }

    deinit { bpf_object__close(object) }

    /// Runs a packet through the program, and answers its verdict.
    func run(_ packet: TestPacket) throws(TestRunFailure) -> Int32 { try kernel.verdict(of: program, on: packet) }

    /// Puts the program on a device's ingress, in the place of another one's, until the device goes. The device is looked
    /// up in the calling thread's network namespace.
    func attach(to interface: String) throws(TestRunFailure) {
        let index = Int32(if_nametoindex(interface))
        var identifier: UInt32 = 0
        let made = clibbpf_clsact_create(index)
        let status = made < 0 ? made : clibbpf_filter_attach(index, BPF_TC_INGRESS, program, 1, 1, 1, &identifier)
        guard status == 0 else { throw TestRunFailure(operation: "attach to \(interface)", code: -status) }
    }

    /// The map of this name, nil when no program has it.
    func map(_ name: String) -> TestRunMap? {
        bpf_object__find_map_by_name(object, name).map { TestRunMap($0) }
    }

    private static func open() throws(TestRunFailure) -> OpaquePointer {
        clibbpf_capture_warnings()
        let object = BPFImage.count.bytes.withUnsafeBytes { bpf_object__open_mem($0.baseAddress, $0.count, nil) }
        guard let object else { throw TestRunFailure(operation: "open the BPF object", code: errno) }
        return object
    }

    private static func programs(of object: OpaquePointer) -> [OpaquePointer] {
        guard let first = bpf_object__next_program(object, nil) else { return [] }
        return Array(sequence(first: first) { bpf_object__next_program(object, $0) })
    }

    private static func set(_ object: OpaquePointer, _ operands: telegen_operands) {
        let lane = [UInt32](repeating: 1, count: Int(TELEGEN_LANE_CELLS))
        lane.withUnsafeBytes { set(".bss.lane", of: object, to: $0) }
        withUnsafeBytes(of: operands) { set(".rodata.operands", of: object, to: $0) }
    }

    private static func set(_ map: String, of object: OpaquePointer, to bytes: UnsafeRawBufferPointer) {
        let handle = bpf_object__find_map_by_name(object, map)
        let status = bpf_map__set_initial_value(handle, bytes.baseAddress, bytes.count)
        precondition(status == 0, "\(map) has \(bpf_map__value_size(handle)) bytes, not \(bytes.count)")
    }
}
