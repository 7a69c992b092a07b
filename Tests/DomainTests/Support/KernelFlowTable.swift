@testable import Domain

/// The kernel's flow table as `bpf/` keeps it: on each CPU, cells that hold one flow each by majority vote.
struct KernelFlowTable {
    fileprivate struct Cell {
        var flow = FlowCell()
        var vote = 0
        /// Time of the owner's last packet.
        var seen = 0
    }

    /// After this long an owner gives way to any other.
    private let idle: Int
    private var cpus: [[Cell]]

    init(cpus: Int, cells: Int, idle: Int = .max) {
        self.idle = idle
        self.cpus = Array(repeating: Array(repeating: Cell(), count: cells), count: cpus)
    }

    /// As it is read.
    var table: FlowTable { FlowTable(cpus: cpus.map { $0.map(\.flow) }) }

    /// Some hash: the same cell on every CPU.
    private func cell(of key: FlowKey) -> Int { Int(key.sourcePort) * 31 % cpus[0].count }

    mutating func count(_ key: FlowKey, bytes: UInt64, cpu: Int, at time: Int = 0) {
        cpus[cpu][cell(of: key)].count(key, Volume(packets: 1, bytes: bytes), at: time, idle: idle)
    }
}

extension KernelFlowTable.Cell {
    fileprivate mutating func count(_ key: FlowKey, _ packet: Volume, at time: Int, idle: Int) {
        if flow.owner == key {
            flow.counted = flow.counted + packet
            vote = min(vote + 1, 4096)
            seen = time
        } else if vote == 0 || time - seen > idle {
            flow.version += 1
            flow.missed = flow.other
            flow.other = flow.other + flow.counted
            (flow.owner, flow.counted, vote, seen) = (key, packet, 1, time)
        } else {
            flow.other = flow.other + packet
            vote -= 1
        }
    }
}

extension FlowKey {
    /// A TCP flow that is told from others by its source port.
    static func flow(_ port: UInt16) -> FlowKey {
        FlowKey(
            source: .v4(IPv4Address(bits: 0xC000_0201)), destination: .v4(IPv4Address(bits: 0xC633_6407)), proto: 6,
            sourcePort: port, destinationPort: 443)
    }
}

extension UnixTime {
    static func second(_ second: Int) -> UnixTime { UnixTime(nanoseconds: UInt64(second) * 1_000_000_000) }
}

extension FlowTable {
    /// - Parameter columns: each CPU's cells.
    init(cpus columns: [[FlowCell]]) {
        self.init(cells: columns[0].indices.flatMap { place in columns.map { $0[place] } }, cpus: columns.count)
    }
}
