import CLibbpf
import Domain

/// The kernel's measuring of what programs take, on while this exists: some 70 ns more for every run of every program of
/// the machine, so it is not for long (Linux 5.8; wants CAP_SYS_ADMIN).
final class RunStatistics {
    private let switchedOn: FileDescriptor
    /// Does nothing: what it seems to take is the measuring itself.
    private let empty: FileDescriptor

    init() throws(KernelError) {
        switchedOn = FileDescriptor(
            owning: try check(bpf_enable_stats(BPF_STATS_RUN_TIME), "switch run statistics on"))
        empty = FileDescriptor(owning: try check(clibbpf_empty_program(), "load an empty program"))
    }

    /// Nanoseconds that a run takes that does nothing.
    func floor() throws(KernelError) -> Double {
        let before = try RunTime(of: empty.raw)
        try check(clibbpf_repeat(empty.raw, 10_000), "run an empty program")
        return (try RunTime(of: empty.raw) - before).perRun ?? 0
    }
}

/// What a program has taken while run statistics were on.
struct RunTime: Hashable {
    var nanoseconds: UInt64 = 0
    var runs: UInt64 = 0

    init(nanoseconds: UInt64, runs: UInt64) {
        self.nanoseconds = nanoseconds
        self.runs = runs
    }

    init(of program: Int32) throws(KernelError) {
        var info = bpf_prog_info()
        var size = UInt32(MemoryLayout<bpf_prog_info>.size)
        try check(bpf_obj_get_info_by_fd(program, &info, &size), "look at a program")
        self.init(nanoseconds: info.run_time_ns, runs: info.run_cnt)
    }

    /// Nil when it has not run.
    var perRun: Double? { runs > 0 ? Double(nanoseconds) / Double(runs) : nil }

    static func - (a: Self, b: Self) -> Self {
        Self(nanoseconds: a.nanoseconds &- b.nanoseconds, runs: a.runs &- b.runs)
    }

    static func + (a: Self, b: Self) -> Self {
        Self(nanoseconds: a.nanoseconds &+ b.nanoseconds, runs: a.runs &+ b.runs)
    }
}

extension Dataplane {
    /// A measurement that is going on.
    public struct CostProbe {
        fileprivate let statistics: RunStatistics
        fileprivate let before: [TapID: Run]
    }

    /// Begins to measure what the taps' programs take. To be ended within about a second.
    public func beginCost() throws(KernelError) -> CostProbe {
        let statistics = try RunStatistics()
        return CostProbe(statistics: statistics, before: runTimes())
    }

    /// Nanoseconds that the programs of each job took for a packet, less what measuring takes; jobs without a packet in
    /// the meantime are not there. Jobs that share a program share the number.
    public func endCost(_ probe: CostProbe) throws(KernelError) -> [JobName: Double] {
        let after = runTimes()
        let floor = try probe.statistics.floor()
        var taken: [JobName: RunTime] = [:]
        for (tap, run) in after {
            guard let before = probe.before[tap], before.program === run.program else { continue }
            taken[tap.job] = (taken[tap.job] ?? RunTime(nanoseconds: 0, runs: 0)) + (run.time - before.time)
        }
        return taken.compactMapValues { time in time.perRun.map { max(0, $0 - floor) } }
    }

    private func runTimes() -> [TapID: Run] {
        seats.compactMapValues { seat in
            guard let program = seat.program, let time = try? RunTime(of: program.program.raw) else { return nil }
            return Run(program: program, time: time)
        }
    }

    /// A tap's program may be another one by the time it is looked at again.
    fileprivate struct Run {
        let program: Program
        let time: RunTime
    }
}
