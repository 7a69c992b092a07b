import Dataplane
import Domain
import Glibc

/// What the kernel has and lets this process do. All of it blocks, and the calling thread is left with the agent's rights
/// alone.
struct KernelLook {
    let options: AgentOptions
    private let release = HostFacts.kernel
    private var version: KernelVersion? { KernelVersion(release: release) }

    init(_ options: AgentOptions) { self.options = options }

    func findings() -> [Finding] {
        var findings = [Finding.kernel(release)] + rights() + limits() + names()
        let isMounted = PinFolder.isMounted(options.bpffs)
        let mounting = isMounted ? nil : PinFolder.obstacle(toMounting: options.bpffs)
        Privileges.keepOnly(options)
        let pinning = isMounted ? PinFolder.obstacle(toPinningIn: options.bpffs) : nil
        findings.append(.bpffs(options.bpffs, isMounted: isMounted, mounting: mounting, pinning: pinning))
        return findings.map { $0.softened(options.mirror.mode) }
    }

    private func rights() -> [Finding] {
        let rights = Capabilities.effective?.intersection(Privileges.kept(options))
        return Finding.rights(rights, kernel: version, measuresCost: options.measuresCost)
    }

    private func limits() -> [Finding] {
        func limit(_ resource: __rlimit_resource_t) -> UInt64 {
            var limit = rlimit()
            return getrlimit(resource, &limit) == 0 ? UInt64(limit.rlim_cur) : .max
        }
        let memory = limit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue))
        let needed = LinuxKernel.pinnedBytes(slots: Agent.slots)
        return [
            .lockedMemory(memory == .max ? nil : memory, needed: needed, kernel: version),
            .openFiles(limit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue)), jobs: GlobalRow.defaultMaxJobs),
        ]
    }

    private func names() -> [Finding] {
        guard let name = options.namespaceID, (try? PinFolder.checkName(name)) == nil else { return [] }
        return [.reserved(namespaceID: name)]
    }
}
