import CTelegenBPF
import Domain
import Glibc

/// A loaded instance of a program of the family, in the kernel while it is referenced here or attached.
public final class Program {
    let program: FileDescriptor
    /// Of a program that serves many taps: how it finds their slots.
    let lane: LaneTable?

    init(program: consuming FileDescriptor, lane: LaneTable? = nil) {
        self.program = program
        self.lane = lane
    }
}

/// A map that came with one program and goes to others too.
final class SharedMap {
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}

/// The `lane` of one instance: slot + 1 by the device's index modulo its size, in memory that the program reads.
final class LaneTable {
    private let cells: UnsafeMutablePointer<UInt32>
    private static let size = Int(TELEGEN_LANE_CELLS) * MemoryLayout<UInt32>.size

    /// Maps the array that `map` is of into memory.
    init(map: Int32) throws(KernelError) {
        let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0)
        guard let memory, memory != MAP_FAILED else { throw KernelError("map the lane table into memory") }
        cells = memory.assumingMemoryBound(to: UInt32.self)
    }

    deinit { munmap(cells, Self.size) }

    func point(ifindex: UInt32, at slot: Int?) {
        cells[Int(ifindex % UInt32(TELEGEN_LANE_CELLS))] = slot.map { UInt32($0 + 1) } ?? 0
    }
}

/// What a program is made for that serves one tap alone.
public struct Tailoring: Hashable, Sendable {
    public let tap: TapID
    public let slot: Int
    public let layer: Port.Layer
    public let measurement: Measurement
    /// Of the sampling and of the flows' hash: the same for the tap's life, whoever loads the program.
    public let seed: UInt64
    /// Whether the tap's flow table goes on if it has the right size: nothing has passed that should be in it and is not.
    public let continuesFlows: Bool

    /// The program of the family: `telegen_t` and a letter for each thing that it does.
    var programName: String {
        if measurement.session != nil { return "telegen_terminating" }
        if measurement.copies != nil { return "telegen_copying" }
        let letters = [
            (!measurement.filter.isEmpty, "f"), (measurement.detail.contains(.qos), "q"),
            (measurement.detail.contains(.flows), "t"), (measurement.detail.contains(.bursts), "b"),
        ].filter(\.0).map(\.1).joined()
        return letters.isEmpty ? "telegen_t" : "telegen_t_\(letters)"
    }

    /// Whether it tells what became of copies that are sent, or arrive.
    var countsCopies: Bool { measurement.copies != nil || measurement.session != nil }

    /// Cells of the flow table: eight for each flow that is reported, so that few of them meet; a power of two.
    var flowCells: Int {
        var cells = 1024
        while cells < 8 * measurement.topFlows { cells *= 2 }
        return cells
    }
}
