import CTelegenBPF
import Traffic

/// What one cell of `flows` says, on one CPU.
struct FlowCellUnderTest {
    let owner: ExpectedFlow?
    let owned: ExpectedVolume
    /// Of earlier owners and all who were turned away; `missed` of it before this owner came.
    let missed: ExpectedVolume
    let other: ExpectedVolume

    init(_ cell: telegen_flow) {
        owner = cell.packets == 0 ? nil : ExpectedFlow(cell.key)
        owned = ExpectedVolume(packets: cell.packets, bytes: cell.bytes)
        missed = ExpectedVolume(packets: cell.missed_packets, bytes: cell.missed_bytes)
        other = ExpectedVolume(packets: cell.other_packets, bytes: cell.other_bytes)
    }

    /// The most that `flow` can have had here.
    func most(of flow: ExpectedFlow) -> ExpectedVolume {
        var most = owned
        most += flow == owner ? missed : other
        return most
    }
}

extension ProgramUnderTest {
    /// What is wrong with the flow table after `flows`: every packet is in one cell, an owner's own number is never more
    /// than the truth, and with what it can have missed never less.
    func faults(ofFlows flows: [ExpectedFlow: ExpectedVolume]) -> [String] {
        guard let map = map("flows") else { return ["no map flows"] }
        let cells = (0..<map.entries).map { map.values($0, as: telegen_flow.self).map(FlowCellUnderTest.init) }
        var faults: [String] = []
        let counted = cells.joined().reduce(into: ExpectedVolume()) {
            $0 += $1.owned
            $0 += $1.other
        }
        let expected = flows.values.reduce(into: ExpectedVolume()) { $0 += $1 }
        if counted != expected { faults.append("flows: \(counted) counted, \(expected) expected") }
        for cpus in cells {
            for owner in Set(cpus.compactMap(\.owner)) {
                let least = cpus.filter { $0.owner == owner }.reduce(into: ExpectedVolume()) { $0 += $1.owned }
                let most = cpus.reduce(into: ExpectedVolume()) { $0 += $1.most(of: owner) }
                let truth = flows[owner] ?? ExpectedVolume()
                if !(least <= truth && truth <= most) || truth.packets == 0 {
                    faults.append("flow \(owner): \(least) to \(most) counted, \(truth) expected")
                }
            }
        }
        return faults
    }
}

extension ExpectedVolume {
    fileprivate static func <= (a: Self, b: Self) -> Bool { a.packets <= b.packets && a.bytes <= b.bytes }
}

extension ExpectedFlow {
    /// IPv4's addresses are the first eight bytes; what is unused must be zero.
    fileprivate init(_ key: telegen_flow_key) {
        let addresses = withUnsafeBytes(of: key.address) { Array($0) }
        let length = key.family == 4 && addresses.dropFirst(8).allSatisfy { $0 == 0 } ? 4 : 16
        self.init(
            source: Array(addresses.prefix(length)), destination: Array(addresses.dropFirst(length).prefix(length)),
            proto: Int(key.protocol), sourcePort: Int(UInt16(bigEndian: key.source_port)),
            destinationPort: Int(UInt16(bigEndian: key.destination_port)))
    }
}
