/// Where packets are counted by more than one job because its ports are stacked: a frame of a PortChannel is seen on the
/// member and on the PortChannel.
public enum VantagePoints {
    /// So many are told one by one.
    private static let most = 3

    private static func shortened(_ warnings: [String]) -> [String] {
        let rest = warnings.count - most
        return Array(warnings.sorted().prefix(most)) + (rest > 0 ? ["and \(rest) more jobs like these"] : [])
    }

    /// Sentences for the warnings of the jobs that are to count.
    public static func warnings(
        _ intents: [JobName: Intent], _ agent: AgentMirror, _ ports: [NetdevName: Port]
    ) -> [JobName: [String]] {
        let names = Dictionary(ports.map { ($0.value.ifindex, $0.key) }) { first, _ in first }
        var watchers: [NetdevName: [(job: JobName, directions: Set<Direction>)]] = [:]
        for case (let name, .count(let job)) in intents where job.spec.session(agent) == nil {
            watchers[job.spec.port, default: []].append((name, Set(job.spec.direction.directions)))
        }
        var warnings: [JobName: [String]] = [:]
        for (port, members) in watchers {
            guard let master = ports[port]?.master.flatMap({ names[$0] }) else { continue }
            for (member, directions) in members {
                for (whole, others) in watchers[master] ?? [] where !directions.isDisjoint(with: others) {
                    let stacked = "\(port) is a member of \(master)"
                    warnings[member, default: []].append(
                        "\(stacked), which job \(whole) watches: what passes both is counted by both jobs")
                    warnings[whole, default: []].append(
                        "\(stacked), and job \(member) watches it: what passes both is counted by both jobs")
                }
            }
        }
        return warnings.mapValues(shortened)
    }
}
