import Dataplane
import Domain
import Glibc

/// How programs can stand at ports here: tried at the loopback device of a network namespace of its own where that leaves
/// nothing behind, else by what the kernel tells. All of it blocks, and the calling thread is of no more use.
struct AttachLook {
    let options: AgentOptions
    private let modules: KernelModules
    private static let clsactModules = ["sch_ingress", "cls_bpf"]
    private static let tried = "tried in a network namespace of its own"

    init(_ options: AgentOptions) {
        self.options = options
        modules = .here(release: HostFacts.kernel, looking: ["ip_gre"])
    }

    func findings() -> [Finding] {
        // Without CAP_SYS_ADMIN there is no namespace to try it in.
        let isIsolated = (try? Trial.isolate()) != nil
        Privileges.keepOnly(options)
        let hasEnds = options.mirror.mode == .erspan && (options.mirror.remote ?? options.mirror.local) != nil
        let findings: [Finding] = [
            .attach(options.attach, tcx: { tcx(isIsolated) }, clsact: { clsact(isIsolated) }),
            .gre(modules.state(of: "ip_gre"), hasEnds: hasEnds),
        ]
        return findings.map { $0.softened(options.mirror.mode) }
    }

    private func tcx(_ isIsolated: Bool) -> AttachOutcome {
        do throws(KernelError) {
            if isIsolated { try Trial.attach(.tcx) } else { try Trial.askForTCX() }
            return .works(how: isIsolated ? Self.tried : "as the kernel says")
        } catch {
            guard [EINVAL, EOPNOTSUPP].contains(error.code) else { return .refused(error) }
            return .absent(
                found: "this kernel does not know it (Linux \(KernelVersion.hasTCX))", remedy: "set TELEGEN_ATTACH=auto"
            )
        }
    }

    private func clsact(_ isIsolated: Bool) -> AttachOutcome {
        let missing = Self.clsactModules.filter { modules.state(of: $0) != .present }
        // What is tried where a module is missing would load it for good.
        if isIsolated, missing.isEmpty || !modules.canGrow {
            do { try Trial.attach(.clsact) } catch { return .refused(error) }
            return .works(how: Self.tried)
        }
        guard modules.canGrow || missing.isEmpty else {
            return .untold(found: "only who tries it can tell", remedy: "run the check as root")
        }
        let absent = missing.filter { modules.state(of: $0) == .absent }
        guard absent.isEmpty else {
            let found = "no module \(absent.joined(separator: " and ")) is to be seen"
            return modules.areListed
                ? .absent(found: found, remedy: "install the kernel's modules, or run a kernel that has it")
                : .untold(found: found, remedy: "on the container's host: modprobe -a \(absent.joined(separator: " "))")
        }
        return .works(how: missing.isEmpty ? "its modules are loaded" : "its modules are loaded with the first job")
    }
}
