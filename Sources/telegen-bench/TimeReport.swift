/// How long some actions take.
struct TimeReport: Encodable, CustomStringConvertible {
    struct Action: Encodable {
        let name: String
        let microseconds: Spread
        let longest: Double

        init(_ name: String, _ microseconds: [Double]) {
            self.name = name
            self.microseconds = Spread(microseconds)
            longest = microseconds.max()!
        }
    }

    let machine: Machine
    let actions: [Action]
    let goals: [Goal]

    /// - Parameter limits: what actions are to take at most, by their names, in microseconds.
    init(machine: Machine, actions: [Action], limits: [String: Double]) {
        self.machine = machine
        self.actions = actions
        goals = actions.compactMap { action in
            limits[action.name].map { Goal(name: action.name, value: action.microseconds, limit: $0, unit: "µs") }
        }
    }

    var description: String {
        let header = "µs".left(46) + ["min", "median", "max"].map { $0.right(12) }.joined()
        let rows = actions.map { action in
            let numbers = [action.microseconds.minimum, action.microseconds.median, action.longest]
            return action.name.left(46) + numbers.map { $0.rounded(to: 1).right(12) }.joined()
        }
        return (["\(machine)", "", header] + rows + [""] + goals.map(\.description)).joined(separator: "\n")
    }
}
