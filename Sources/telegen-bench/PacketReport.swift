/// A table of costs and what is to be said of them.
struct PacketReport: Encodable, CustomStringConvertible {
    let machine: Machine
    let costs: PacketCosts
    let goals: [Goal]

    init(machine: Machine, costs: PacketCosts) {
        self.machine = machine
        self.costs = costs
        goals = [
            nanoseconds("default, 64 bytes of UDP", costs["telegen_l2", "udp4"], 5.5),
            nanoseconds("default, 1514 bytes of TCP", costs["telegen_l2", "tcp4"], 5.5),
            nanoseconds("default, dearest kind", costs.dearest("telegen_l2"), 6.5),
            Goal(
                name: "default, largest part of the hash design",
                value: costs.largestRatio("telegen_l2", of: Contestant.hash),
                limit: 0.27, unit: ""),
            nanoseconds("qos, dearest kind of plain headers", costs.dearest("telegen_t_q", PacketKind.plain), 9.5),
            nanoseconds(
                "everything, dearest kind of plain headers", costs.dearest("telegen_t_qtb", PacketKind.plain), 15),
            nanoseconds("the same with a filter", costs.dearest("telegen_t_fqtb", PacketKind.plain), 15),
            nanoseconds("skipped by sampling, dearest kind", costs.dearest(Contestant.sampled), 2.5),
        ]
    }

    var description: String {
        let title = "ns per packet over an empty program: best/middle instance"
        let header = "".left(18) + costs.kinds.map { $0.right(13) }.joined()
        let rows = costs.programs.map { program in
            program.left(18) + costs[program].map { ($0?.text() ?? "-").right(13) }.joined()
        }
        let floor = "(empty takes)".left(18) + costs.floor.map { $0.rounded(to: 2).right(13) }.joined()
        return (["\(machine)", "", title, header] + rows + [floor, ""] + goals.map(\.description)).joined(
            separator: "\n")
    }
}

private func nanoseconds(_ name: String, _ value: Spread, _ limit: Double) -> Goal {
    Goal(name: name, value: value, limit: limit, unit: "ns")
}
