import Dataplane

extension Finding {
    /// - Parameters:
    ///   - rights: that are in effect; nil: not known.
    ///   - kernel: nil: not known.
    ///   - measuresCost: `TELEGEN_MEASURE_COST`.
    static func rights(_ rights: Set<Capability>?, kernel: KernelVersion?, measuresCost: Bool) -> [Finding] {
        guard let rights else {
            return [warn("capabilities", "/proc does not tell them", "mount /proc: mount -t proc proc /proc")]
        }
        func finding(_ right: Capability, _ missing: (String, Capability) -> Finding) -> Finding {
            rights.contains(right) ? ok(right.name, "in effect") : missing(right.name, right)
        }
        let needed = [Capability.bpf, .netAdmin].map { right in
            finding(right) { name, _ in fail(name, "not in effect: no job counts", grant(right)) }
        }
        let perfmon = finding(.perfmon) { name, right in
            warn(name, "not in effect: \(costWithoutPerfmon(kernel))", grant(right))
        }
        guard measuresCost else { return needed + [perfmon] }
        let cost = finding(.sysAdmin) { name, right in
            warn(
                name, "not in effect: what programs cost is not measured",
                "\(grant(right)), or unset TELEGEN_MEASURE_COST")
        }
        return needed + [perfmon, cost]
    }

    private static func grant(_ right: Capability) -> String {
        "run as root, or grant \(right.name) (systemd: AmbientCapabilities=)"
    }

    /// As docs/kernels.md has it.
    private static func costWithoutPerfmon(_ kernel: KernelVersion?) -> String {
        switch kernel {
        case let kernel? where kernel < .countsWithoutPerfmon: "this kernel takes no program then"
        case let kernel? where kernel < .measuresWithoutPerfmon:
            "this kernel takes no programs with filter, flows or QoS then"
        default: "a packet costs three to eight times as much"
        }
    }

    /// - Parameters:
    ///   - limit: RLIMIT_MEMLOCK in bytes, once raised; nil: none.
    ///   - needed: what the pinned maps take.
    static func lockedMemory(_ limit: UInt64?, needed: Int, kernel: KernelVersion?) -> Finding {
        let name = "locked memory"
        if let kernel, kernel >= .chargesGroups {
            return ok(name, "not limited by ulimit from Linux \(KernelVersion.chargesGroups) on")
        }
        guard let limit else { return ok(name, "unlimited") }
        let found = "\(limit >> 10) KiB, of which the counters take \(needed >> 10)"
        let remedy = "raise the limit (systemd: LimitMEMLOCK=infinity; docker: --ulimit memlock=-1)"
        return limit < UInt64(needed)
            ? fail(name, found, remedy) : warn(name, "\(found): jobs fail when they are used up", remedy)
    }

    /// - Parameters:
    ///   - limit: RLIMIT_NOFILE, once raised.
    ///   - jobs: that there should be room for.
    static func openFiles(_ limit: UInt64, jobs: Int) -> Finding {
        let name = "open files"
        let room = (Int(clamping: limit) - Int(LinuxKernel.spareDescriptors)) / LinuxKernel.descriptorsOfTap
        guard room < jobs else { return ok(name, "\(limit)") }
        return warn(
            name, "\(limit): room for \(max(0, room)) jobs with filters or details",
            "raise the hard limit (ulimit -Hn; systemd: LimitNOFILE=65536)")
    }
}
