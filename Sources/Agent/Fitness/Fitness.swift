import Dataplane
import Domain

/// Whether this machine is fit for an agent, requirement by requirement.
///
/// Only looks: nothing is loaded for longer than the look, mounted, pinned or written, and an agent that runs is left
/// alone.
public struct Fitness: Sendable {
    /// In the order in which a packet's count depends on them.
    public let findings: [Finding]

    /// Whether nothing fails.
    public var isFit: Bool { !findings.contains { $0.status == .fail } }

    /// Looks, for an agent with this environment.
    ///
    /// - Parameter limit: how long it takes at most, whatever hangs.
    public static func check(_ environment: [String: String], within limit: Duration) async -> Fitness {
        let (options, warnings) = AgentOptions.fromEnvironment(environment)
        // As the agent does when it starts.
        LinuxKernel.raiseLimits()
        async let kernel = Patience.blocking(limit) { KernelLook(options).findings() }
        async let program = Patience.blocking(limit) { ProgramLook(options: options).findings() }
        async let attach = Patience.blocking(limit) { AttachLook(options).findings() }
        async let http = http(options, within: limit)
        let databases = await DatabaseLook(options: options, path: environment["PATH"] ?? "/usr/bin:/bin")
            .facts(within: limit * 3 / 4)
        let exporter = (try? options.exporter.applying(databases.global, fixed: options.fixed)) ?? options.exporter
        let collector = await CollectorLook(settings: exporter).finding(within: limit / 4)
        let interval = databases.global.statusInterval ?? GlobalRow.defaultStatusInterval
        let sign = AgentSign(databases.status?.agent, interval: interval, now: .now)
        var findings = Finding.settings(warnings)
        findings += await kernel ?? [.late("kernel")]
        findings += await program ?? [.late("BPF program")]
        findings += await attach ?? [.late("attaching")]
        findings += Finding.databases(databases, folder: options.stateDirectory) + [.agent(sign)]
        findings += databases.status.map { [.jobs($0.jobs.map { $0.fields["oper_status"] ?? "" })] } ?? []
        findings += Finding.http(await http, agentIsAlive: sign.isAlive) + [collector]
        return Fitness(findings: findings)
    }

    private static func http(_ options: AgentOptions, within limit: Duration) async -> HTTPFacts? {
        guard let settings = options.http else { return nil }
        return await HTTPLook(settings: settings, options: options).facts(within: limit)
    }
}

extension Finding {
    /// - Parameter warnings: what is wrong with the environment.
    static func settings(_ warnings: [String]) -> [Finding] {
        guard warnings.isEmpty else { return warnings.map { warn("environment", $0, "correct it, or unset it") } }
        return [ok("environment", "all that is set is understood")]
    }

    /// The kernel did not answer in time.
    static func late(_ name: String) -> Finding {
        warn(name, "no answer in time", "look for what hangs in the kernel's log (dmesg), and check again")
    }
}
