/// Jobs that ask the hardware for copies which would come back into the mirror by way of another job's: what arrives on
/// one's sink is the ingress that the other's copies are of.
public struct MirrorCircles {
    /// Where copies of a port's ingress arrive.
    private var arrivals: [NetdevName: [(sink: NetdevName, job: JobName)]] = [:]

    public init() {}

    /// What the job is told instead of having its mirror; nil: there is no circle, and those of later jobs know of it.
    public mutating func refusal(of job: JobName, _ spec: JobSpec) -> String? {
        guard spec.direction != .egress, let sink = spec.sinkPort, sink != spec.port else { return nil }
        var (reached, last): (Set<NetdevName>, JobName?) = ([sink], nil)
        var rest = [sink]
        while let port = rest.popLast() {
            for next in arrivals[port] ?? [] where reached.insert(next.sink).inserted {
                if next.sink == spec.port { last = next.job }
                rest.append(next.sink)
            }
        }
        if let last {
            return "copies arrive on \(sink), and come back to \(spec.port) as copies of job \(last): have them arrive "
                + "elsewhere (sink_port), or watch egress alone"
        }
        arrivals[spec.port, default: []].append((sink, job))
        return nil
    }
}
