import ArgumentParser

struct Packets: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Nanoseconds that every program takes for every kind of packet, over an empty program.",
        discussion: """
            A value is the quickest of many short bursts, of the thread's processor time. Of the instances of a program the \
            best and the middle one are shown.
            """)

    @Option(help: "Instances of each program.")
    var instances = 8

    @Option(help: "Bursts of each instance for each kind.")
    var bursts = 31

    @Option(help: "Packets of a burst; fewer where one takes so long that a burst would take over a millisecond.")
    var repeats = 20_000

    @Option(help: "The CPU to stay on; the last one unless given.")
    var cpu: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard min(instances, bursts, repeats) > 0 else { throw ValidationError("numbers are 1 or more") }
    }

    func run() throws {
        let machine = Machine.here
        try Machine.stay(on: cpu ?? machine.cpus - 1)
        let race = Race(
            contestants: try Contestant.all(Family(), instances: instances), bursts: bursts, repeats: repeats)
        try output.print(PacketReport(machine: machine, costs: try PacketCosts(race)))
    }
}
