import CLinux
import Domain
import Glibc
import Synchronization

/// The folder in bpffs where an agent's maps and links outlive it; held by one agent at a time.
///
/// `<bpffs>/telegen-sonic`, or `<bpffs>/telegen-sonic/<NAMESPACE_ID>` for an ASIC instance.
public final class PinFolder: Sendable {
    public let path: String
    private let bpffs: String
    private let prepare: @Sendable (String) throws(KernelError) -> Void
    private let lock: Mutex<FileDescriptor>

    /// Mounts bpffs if nothing is there, makes the folder and locks it.
    public convenience init(bpffs: String, namespaceID: String?) throws(KernelError) {
        try self.init(bpffs: bpffs, namespaceID: namespaceID, prepare: Self.mountBPFFS)
    }

    /// - Parameter prepare: makes `bpffs` ready to hold folders.
    init(
        bpffs: String, namespaceID: String?, prepare: @escaping @Sendable (String) throws(KernelError) -> Void
    ) throws(KernelError) {
        if let namespaceID { try Self.checkName(namespaceID) }
        self.bpffs = bpffs
        self.prepare = prepare
        let root = bpffs + "/telegen-sonic"
        path = namespaceID.map { "\(root)/\($0)" } ?? root
        try prepare(bpffs)
        lock = Mutex(try Self.hold([root, path]))
        _ = try makeInner()
    }

    /// Makes and locks the folder anew when somebody has removed it, or a folder in it; false when all were there.
    func restore() throws(KernelError) -> Bool {
        var isNew = false
        if !isInPlace {
            try prepare(bpffs)
            try lock.withLock { held throws(KernelError) in held = try Self.hold([bpffs + "/telegen-sonic", path]) }
            isNew = true
        }
        return try makeInner() || isNew
    }

    /// What names a pin to the kernel: below the folder that is locked, which need not be the one at `path` any more.
    func pin(_ name: String) -> String { "\(held)/\(name)" }
    /// The same for people.
    func shown(_ name: String) -> String { "\(path)/\(name)" }
    func linkPin(_ name: String) -> String { "\(links)/\(name)" }
    func detailPin(_ name: String) -> String { "\(details)/\(name)" }
    /// Where the links are pinned.
    var links: String { held + "/links" }
    /// Where the tables of taps' details are.
    var details: String { held + "/details" }
    private var held: String { "/proc/self/fd/\(lock.withLock { $0.raw })" }

    /// Whether the folder that is locked is the one at `path`.
    private var isInPlace: Bool {
        var (held, found) = (stat(), stat())
        guard lock.withLock({ fstat($0.raw, &held) }) == 0, stat(path, &found) == 0 else { return false }
        return held.st_dev == found.st_dev && held.st_ino == found.st_ino
    }

    /// Whether anything has this name, be it a link to nowhere.
    func exists(_ name: String) -> Bool {
        var info = stat()
        return lstat(pin(name), &info) == 0
    }

    /// What is pinned in one of the folders.
    func names(in folder: String) throws(KernelError) -> [String] {
        guard let directory = opendir(folder) else { throw KernelError("list a folder in \(path)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Moves everything that is pinned here, but for the instances' folders, into `set-aside`, for whoever wants it.
    func setAside() throws(KernelError) {
        // A link is nothing without what it is attached to.
        for name in try names(in: links) { unlink(linkPin(name)) }
        for name in try names(in: details) { try setAside("details/\(name)") }
        for name in Self.mapNames { try setAside(name) }
    }

    /// Moves one pin there, in the place of what was set aside by that name before.
    func setAside(_ name: String) throws(KernelError) {
        let folder = "\(held)/\(Self.setAsideName)"
        for folder in [folder, folder + "/details"] {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw KernelError("make a folder in \(path)") }
        }
        let place = "\(folder)/\(name)"
        guard exists(name) else { return }
        if unlink(place) != 0 { rmdir(place) }
        guard rename(pin(name), place) == 0 else {
            throw KernelError("set \(shown(name)) aside")
        }
    }

    static let setAsideName = "set-aside"
    private static let mapNames = PinnedMap.all.map(\.name)

    /// False when both were there.
    private func makeInner() throws(KernelError) -> Bool {
        var isNew = false
        for folder in [links, details] {
            if mkdir(folder, 0o700) == 0 {
                isNew = true
            } else if errno != EEXIST {
                throw KernelError("make a folder in \(path)")
            } else if access(folder + "/.", F_OK) != 0 {
                let name = folder.split(separator: "/").last ?? ""
                throw KernelError("use the folder \(path)/\(name)", detail: "something else has its name: remove that")
            }
        }
        return isNew
    }

    /// Makes the folders and locks the last of them.
    private static func hold(_ folders: [String]) throws(KernelError) -> FileDescriptor {
        for folder in folders {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw KernelError("make \(folder)") }
        }
        let path = folders[folders.count - 1]
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KernelError("open \(path)") }
        let lock = FileDescriptor(owning: descriptor)
        // Who was killed may still be ending, and what it was just starting holds its lock until exec(2).
        for attempt in 1... {
            guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { break }
            let code = errno
            guard code == EWOULDBLOCK, attempt < 50 else {
                throw KernelError(
                    "lock \(path)", code: code,
                    detail: "another telegen-sonic runs here: stop it, or give this one a NAMESPACE_ID")
            }
            usleep(20_000)
        }
        return lock
    }

    /// An instance's folder stands beside the pins of the agent that has no NAMESPACE_ID.
    public static func checkName(_ namespaceID: String) throws(KernelError) {
        let operation = "make a pin folder for NAMESPACE_ID \"\(namespaceID)\""
        guard JobName(namespaceID) != nil else { throw KernelError(operation, code: EINVAL) }
        guard !(["links", "details", setAsideName] + mapNames).contains(namespaceID) else {
            throw KernelError(operation, code: EINVAL, detail: "a pin of the agent has this name: choose another one")
        }
    }

    /// Mounts bpffs unless it is there (wants CAP_SYS_ADMIN).
    public static func mountBPFFS(_ bpffs: String) throws(KernelError) {
        if isMounted(bpffs) { return }
        guard mkdir(bpffs, 0o700) == 0 || errno == EEXIST else {
            throw KernelError("make \(bpffs)", detail: remedy(bpffs))
        }
        guard mount("bpf", bpffs, "bpf", 0, "mode=0700") == 0 else {
            throw KernelError("mount bpffs on \(bpffs)", detail: remedy(bpffs))
        }
    }

    private static func remedy(_ bpffs: String) -> String {
        "as root: mount -t bpf bpf \(bpffs); into a container: -v \(bpffs):\(bpffs)"
    }

    /// Whether bpffs is there.
    public static func isMounted(_ path: String) -> Bool {
        var info = statfs()
        return statfs(path, &info) == 0 && info.f_type == Int(BPF_FS_MAGIC)
    }
}
