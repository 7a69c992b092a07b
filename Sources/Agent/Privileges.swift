import CLinux
import Dataplane
import Glibc
import HTTPAPI
import SonicDB

/// What of root's rights the agent needs only to start, and gives up then.
public enum Privileges {
    /// Does what wants more rights than the agent keeps, and gives the others up. To be called before there is another
    /// thread.
    ///
    /// - Returns: what did not work, for the log.
    public static func reduce(_ options: AgentOptions) -> [String] {
        LinuxKernel.raiseLimits()
        if options.mirror.mode != .placeholder {
            // Who wants the folder says so when this has failed.
            try? PinFolder.mountBPFFS(options.bpffs)
            try? LinuxKernel.releaseMisfits(bpffs: options.bpffs, namespaceID: options.namespaceID)
        }
        return settle(options)
    }

    /// Leaves the calling thread, and those that it makes, with the rights that the agent works with.
    ///
    /// - Returns: what did not work.
    @discardableResult
    static func settle(_ options: AgentOptions) -> [String] {
        join(groups(options))
        return keepOnly(options)
    }

    /// The same but for its groups, for which the map of databases is read.
    @discardableResult
    static func keepOnly(_ options: AgentOptions) -> [String] {
        do { try Capabilities.keep(kept(options)) } catch { return ["\(error): keeping all"] }
        return []
    }

    /// What the agent works with.
    static func kept(_ options: AgentOptions) -> Set<Capability> {
        var kept: Set<Capability> = [.bpf, .netAdmin, .perfmon]
        if options.measuresCost { kept.insert(.sysAdmin) }
        if options.http?.address.isPrivileged == true { kept.insert(.netBindService) }
        return kept
    }

    /// Those by which the databases' sockets are reached, and to which the API's is to be given: later, root is bound by
    /// modes as everybody is. A socket that is not there yet will have its folder's group, or that of Redis' packages.
    private static func groups(_ options: AgentOptions) -> [gid_t] {
        var groups: [gid_t] = []
        if let group = options.http?.socketGroup.flatMap({ getgrnam($0) }) { groups.append(group.pointee.gr_gid) }
        let map = try? DatabaseMap(contentsOf: options.databaseConfig, namespace: options.namespaceID)
        for case .unix(let path)? in ["CONFIG_DB", "STATE_DB"].map({ try? map?.endpoint(of: $0).address }) {
            var status = stat()
            if stat(path, &status) == 0 {
                groups.append(status.st_gid)
            } else {
                if stat(folder(of: path), &status) == 0 { groups.append(status.st_gid) }
                if let group = getgrnam("redis") { groups.append(group.pointee.gr_gid) }
            }
        }
        return groups
    }

    private static func folder(of path: String) -> String {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    private static func join(_ wanted: [gid_t]) {
        var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
        guard getgroups(Int32(groups.count), &groups) >= 0 else { return }
        let new = Set(wanted).subtracting(groups)
        // Without CAP_SETGID whoever is refused later says so.
        if !new.isEmpty { _ = clinux_set_groups(groups.count + new.count, groups + new) }
    }
}
