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
        func look(
            _ right: Capability, orElse judge: (String, String, String) -> Finding, _ loss: String,
            _ choice: String = ""
        ) -> Finding {
            guard !rights.contains(right) else { return ok(right.name, "in effect") }
            let grant = "run as root, or grant \(right.name) (systemd: AmbientCapabilities=)"
            return judge(right.name, "not in effect: \(loss)", grant + choice)
        }
        let findings = [
            look(.bpf, orElse: fail, "no job counts"), look(.netAdmin, orElse: fail, "no job counts"),
            look(.perfmon, orElse: warn, costWithoutPerfmon(kernel)),
        ]
        guard measuresCost else { return findings }
        let cost = look(
            .sysAdmin, orElse: warn, "what programs cost is not measured", ", or unset TELEGEN_MEASURE_COST")
        return findings + [cost]
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
