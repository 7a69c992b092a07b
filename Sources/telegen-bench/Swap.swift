import ArgumentParser
import CLibbpf
import CTelegenBPF
import Glibc

struct Swap: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How long it takes to attach a program to a device, to change it for another, and to detach it.",
        discussion: "On a veth pair in a network namespace that exists for this alone.")

    @Option(help: "How often each is done.")
    var rounds = 50

    @OptionGroup var output: OutputOptions

    private static let lane = "lane: point a device to a slot"
    private static let limits = ["tcx: change": 100.0, "clsact: change": 100.0, lane: 100.0]

    func validate() throws {
        guard rounds > 0 else { throw ValidationError("--rounds is 1 or more") }
    }

    func run() throws {
        let machine = Machine.here
        let ifindex = try TemporaryNetwork.enter()
        let family = try Family()
        let (first, second) = (try family.load("telegen_t"), try family.load("telegen_t_fqtb"))
        var actions = try measure("tcx", TCX(ifindex: ifindex), first, second)
        actions += try measure("clsact", Clsact(ifindex: ifindex), first, second)
        actions.append(TimeReport.Action(Self.lane, try point(family.load("telegen_l2"))))
        try output.print(TimeReport(machine: machine, actions: actions, limits: Self.limits))
    }

    private func measure(
        _ name: String, _ place: any AttachmentPlace, _ first: BPFObject, _ second: BPFObject
    ) throws -> [TimeReport.Action] {
        var (attach, change, detach): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<rounds {
            attach.append(try microseconds { try place.attach(first) })
            change.append(try microseconds { try place.change(to: second) })
            detach.append(try microseconds { try place.detach() })
        }
        return [("attach", attach), ("change", change), ("detach", detach)].map { action, times in
            TimeReport.Action("\(name): \(action)", times)
        }
    }

    /// The table is memory that the agent shares with the program.
    private func point(_ program: BPFObject) throws -> [Double] {
        let size = Int(TELEGEN_LANE_CELLS) * MemoryLayout<UInt32>.size
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, try program.descriptor(ofMap: ".bss.lane"), 0)
        guard let memory, memory != MAP_FAILED else { throw BenchFailure(operation: "map a lane", code: errno) }
        defer { munmap(memory, size) }
        return microseconds(rounds: rounds) { memory.storeBytes(of: 2, as: UInt32.self) }
    }
}
