import ArgumentParser
import CTelegenBPF
import Glibc

struct Copies: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What it costs to send a copy of a packet, and to look into one that arrives.",
        discussion: """
            In nanoseconds over an empty program. Copies go through devices of a network namespace that exists for this \
            alone, to a bridge without ports that forgets them. Through a tunnel only where the kernel has ERSPAN (ip_gre).
            """)

    @Option(help: "Bursts of every program, of which the quickest counts.")
    var bursts = 31

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard bursts > 0 else { throw ValidationError("--bursts is 1 or more") }
    }

    func run() throws {
        let machine = Machine.here
        _ = try TemporaryNetwork.enter()
        let sink = try TemporaryNetwork.addSink(address: "192.0.2.10/24", neighbour: "192.0.2.100")
        let tunnel = try? TemporaryNetwork.addTunnel(from: "192.0.2.10", to: "192.0.2.100")
        let family = try Family()
        var contestants = try [
            Contestant(Contestant.empty, count: Self.instances) {
                try BPFObject(Contestant.baseline, program: "empty")
            },
            Contestant("counted, no copies: telegen_t", count: Self.instances) { try family.load("telegen_t") },
            copying("held back by the cap", to: sink, family) { ($0.copy_price, $0.copy_depth) = (1, 1) },
            copying("copied to a device", to: sink, family) { $0.copy_price = 0 },
        ]
        if let tunnel {
            contestants.append(try copying("copied through an ERSPAN tunnel", to: tunnel, family) { $0.copy_price = 0 })
        }
        contestants.append(
            try Contestant("looked into, or passed by: a tunnel's end", count: Self.instances) {
                try family.load("telegen_terminating") { ($0.sink_session, $0.sink_type) = (42, 0x88be) }
            })
        let race = Race(contestants: contestants, bursts: bursts, repeats: 20_000)
        let costs = try PacketKind.copied.map { try race.run($0) }
        let rows = contestants.indices.dropFirst().map { index in
            CopyReport.Row(
                name: contestants[index].name,
                nanoseconds: costs.map { cost in cost[index]!.map { $0 - cost[0]!.minimum } })
        }
        try output.print(
            CopyReport(machine: machine, kinds: PacketKind.copied.map(\.name), rows: rows, hasTunnel: tunnel != nil))
    }

    private static let instances = 4

    private func copying(
        _ name: String, to device: Int32, _ family: Family, _ change: (inout telegen_operands) -> Void
    ) throws -> Contestant {
        try Contestant(name, count: Self.instances) {
            try family.load("telegen_copying") {
                $0.copy_to = UInt32(device)
                change(&$0)
            }
        }
    }
}

struct CopyReport: Encodable, CustomStringConvertible {
    struct Row: Encodable {
        let name: String
        /// Over an empty program, by kind of packet.
        let nanoseconds: [Spread]
    }

    let machine: Machine
    let kinds: [String]
    let rows: [Row]
    let hasTunnel: Bool

    var description: String {
        let header = "ns".left(46) + kinds.map { $0.right(22) }.joined()
        let lines = rows.map { row in
            row.name.left(46) + row.nanoseconds.map { $0.text(digits: 1).right(22) }.joined()
        }
        let note =
            hasTunnel ? [] : ["", "This kernel has no ERSPAN (ip_gre): copies through a tunnel are not measured."]
        return (["\(machine)", "", header] + lines + note).joined(separator: "\n")
    }
}
