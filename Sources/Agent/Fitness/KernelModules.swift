import Glibc

/// Modules of the kernel, by what it tells of them: none is loaded to find out.
struct KernelModules {
    enum State: Hashable {
        /// Loaded, or built in.
        case present
        /// Its file is here.
        case loadable
        /// Neither, as far as can be seen from here: a container may not have the host's /lib/modules.
        case absent
    }

    private let names: Set<String>
    private let loadable: Set<String>
    /// False: what this kernel does not have nobody can add.
    let canGrow: Bool
    /// Whether all that could be loaded can be seen from here.
    let areListed: Bool

    /// - Parameters:
    ///   - loaded: /proc/modules; nil: the kernel has no modules.
    ///   - builtIn: modules.builtin.
    ///   - index: modules.dep.
    ///   - shown: names in /sys/module, which are loaded, or built in and have parameters.
    init(loaded: String?, builtIn: String, index: String, shown: Set<String>) {
        let lines = (loaded ?? "").split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        names = shown.union(lines).union(Self.names(builtIn))
        loadable = Self.names(index)
        canGrow = loaded != nil
        areListed = !loadable.isEmpty
    }

    func state(of name: String) -> State {
        names.contains(name) ? .present : loadable.contains(name) ? .loadable : .absent
    }

    /// Of the files at the beginning of each line, such as `kernel/net/ipv4/ip_gre.ko.xz:`; modprobe takes - for _.
    private static func names(_ list: String) -> Set<String> {
        Set(
            list.split(separator: "\n").compactMap { line in
                let file = line.prefix { $0 != ":" }.split(separator: "/").last
                return file.map { String($0.prefix { $0 != "." }).replacing("-", with: "_") }
            })
    }

    /// Those of this machine.
    ///
    /// - Parameter shown: the ones to look for in /sys/module.
    static func here(release: String, looking shown: [String]) -> KernelModules {
        let folder = "/lib/modules/\(release)"
        func list(_ name: String) -> String { HostFacts.contents("\(folder)/\(name)", limit: 8 << 20) ?? "" }
        return KernelModules(
            loaded: HostFacts.contents("/proc/modules", limit: 1 << 20), builtIn: list("modules.builtin"),
            index: list("modules.dep"), shown: Set(shown.filter { access("/sys/module/\($0)", F_OK) == 0 }))
    }
}
