import CTelegenBPF
import Domain

/// Which instance of the counting program serves which tap.
///
/// A program can stand only once per device and direction, and finds a tap's slot by the device's index modulo the
/// size of its lane map. So taps of one direction whose devices share that remainder, above all those on the same
/// device, are in different lanes; all others share the first.
struct Lanes {
    private struct Seat: Hashable {
        let direction: Direction
        let lane: Int
        let cell: UInt32
    }

    private var taken: Set<Seat> = []

    /// The lowest lane that has room for a tap on `ifindex`, now taken.
    mutating func take(_ ifindex: UInt32, _ direction: Direction) -> Int {
        var lane = 0
        while !taken.insert(Seat(direction: direction, lane: lane, cell: cell(ifindex))).inserted { lane += 1 }
        return lane
    }

    mutating func leave(_ lane: Int, _ ifindex: UInt32, _ direction: Direction) {
        taken.remove(Seat(direction: direction, lane: lane, cell: cell(ifindex)))
    }

    /// Whether no tap of a direction is in the lane.
    func isEmpty(_ lane: Int, _ direction: Direction) -> Bool {
        !taken.contains { $0.lane == lane && $0.direction == direction }
    }

    private func cell(_ ifindex: UInt32) -> UInt32 { ifindex % UInt32(TELEGEN_LANE_CELLS) }
}
