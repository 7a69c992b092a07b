import BPFPrograms
import CLibbpf
import CTelegenBPF
import Glibc

/// Loads programs as the agent does: one table of counters for all, and of the other maps what a program uses.
final class Family {
    static let slots = 512
    /// The shared programs, and every tailored one.
    static let programs = ["telegen_l2", "telegen_l3"] + tailored
    static let tailored =
        ["telegen_t"]
        + (1..<16).map { set in
            "telegen_t_" + details.enumerated().filter { set >> $0.offset & 1 == 1 }.map(\.element.letter).joined()
        }

    /// `if_stats_percpu`, of which all programs use the first slot.
    let counters: Int32
    private let image = BPFPrograms.BPFImage.count.bytes

    init() throws(BenchFailure) {
        counters = try check(
            bpf_map_create(
                BPF_MAP_TYPE_PERCPU_ARRAY, "if_stats_percpu", 4, UInt32(MemoryLayout<telegen_counters>.size),
                UInt32(Self.slots + 1), nil),
            "make a table of counters")
    }

    deinit { close(counters) }

    /// A new instance of a program.
    ///
    /// - Parameter rate: one packet in so many is sampled.
    func load(_ program: String, rate: UInt32 = 1) throws(BenchFailure) -> BPFObject {
        let isTailored = program.hasPrefix("telegen_t")
        let letters = program.dropFirst("telegen_t_".count)
        return try BPFObject(image, program: program) { maps throws(BenchFailure) in
            try maps.share("if_stats_percpu", counters)
            for detail in Self.details {
                guard let map = detail.map else { continue }
                if !isTailored || !letters.contains(detail.letter) { try maps.leaveOut(map) }
            }
            try maps.resize("flows", entries: Self.flowCells)
            try maps.leaveOut(isTailored ? ".bss.lane" : ".rodata.operands")
            try isTailored
                ? Self.tailor(maps, Self.operands(rate: rate, hasFilter: letters.contains("f"))) : Self.fillLane(maps)
        }
    }

    /// A new instance of a program that sends copies or looks into them, without details.
    func load(_ program: String, _ change: (inout telegen_operands) -> Void) throws(BenchFailure) -> BPFObject {
        var operands = Self.operands(rate: 1, hasFilter: false)
        change(&operands)
        return try BPFObject(image, program: program) { maps throws(BenchFailure) in
            try maps.share("if_stats_percpu", counters)
            for map in [".bss.lane", "qos", "flows", "bursts"] { try maps.leaveOut(map) }
            try Self.tailor(maps, operands)
        }
    }

    private static let flowCells = 1024
    private static let details: [(letter: String, map: String?)] = [
        ("f", nil), ("q", "qos"), ("t", "flows"), ("b", "bursts"),
    ]

    /// The filter asks for IP with any protocol and for a destination port, any: what has a port passes all of it.
    private static func operands(rate: UInt32, hasFilter: Bool) -> telegen_operands {
        var operands = telegen_operands()
        operands.sample_rate = rate
        operands.seed = 1
        operands.flow_mask = UInt32(flowCells - 1)
        operands.flow_keys = (0x9e37_79b9_7f4a_7c15, 3, 5, 7, 0x85eb_ca77_c2b2_ae63)
        operands.flow_interval = 2500
        guard hasFilter else { return operands }
        operands.fields = [TELEGEN_BY_IP, TELEGEN_BY_PROTOCOL, TELEGEN_BY_DESTINATION_PORT].reduce(0) {
            $0 | $1.rawValue
        }
        operands.protocols = (.max, .max, .max, .max)
        operands.destination_port.0 = telegen_ports(first: 0, last: .max)
        return operands
    }

    private static func tailor(_ maps: Maps, _ operands: telegen_operands) throws(BenchFailure) {
        try withUnsafeBytes(of: operands) { bytes throws(BenchFailure) in try maps.set(".rodata.operands", to: bytes) }
    }

    /// Every device is told to count in the first slot.
    private static func fillLane(_ maps: Maps) throws(BenchFailure) {
        let cells = [UInt32](repeating: 1, count: Int(TELEGEN_LANE_CELLS))
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: cells.count * 4, alignment: 4)
        defer { bytes.deallocate() }
        cells.withUnsafeBytes { bytes.copyMemory(from: $0) }
        try maps.set(".bss.lane", to: UnsafeRawBufferPointer(bytes))
    }
}
