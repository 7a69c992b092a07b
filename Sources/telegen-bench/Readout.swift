import ArgumentParser
import CLibbpf
import CTelegenBPF
import Dataplane
import Domain
import Glibc

struct Readout: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "How long it takes to read what 512 jobs have counted.")

    @Option(help: "How often they are read.")
    var rounds = 200

    @OptionGroup var output: OutputOptions

    private static let batch = "512 jobs' counters, one batch of the kernel"
    private static let agent = "512 jobs' counters, as the agent reads them"

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is 1 or more") }
    }

    func run() throws {
        let machine = Machine.here
        let actions = [
            TimeReport.Action(Self.batch, try readBatches()), TimeReport.Action(Self.agent, try readAsAgent()),
        ]
        try output.print(TimeReport(machine: machine, actions: actions, limits: [Self.batch: 300, Self.agent: 300]))
    }

    private func readBatches() throws -> [Double] {
        let family = try Family()
        let size = MemoryLayout<telegen_counters>.size * Int(libbpf_num_possible_cpus())
        var keys = [UInt32](repeating: 0, count: Family.slots)
        var values = [UInt8](repeating: 0, count: Family.slots * size)
        return try microseconds(rounds: rounds) {
            var (count, cursor) = (UInt32(Family.slots), UInt32(0))
            try check(
                bpf_map_lookup_batch(family.counters, nil, &cursor, &keys, &values, &count, nil), "read the counters")
        }
    }

    /// With the sum over the CPUs, and the totals over all jobs written.
    private func readAsAgent() throws -> [Double] {
        var template = Array("/tmp/telegen-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchFailure(operation: "make a folder", code: errno) }
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer {
            umount2(folder, Int32(MNT_DETACH))
            rmdir(folder)
        }
        let kernel = try LinuxKernel(pins: PinFolder(bpffs: folder, namespaceID: nil), slots: Family.slots)
        return try microseconds(rounds: rounds) { _ = try kernel.counters(count: Family.slots) }
    }
}
