import Glibc
import Testing

@testable import Dataplane

@Suite("The pin folder")
struct PinFolderTests: ~Copyable {
    private let root: String

    init() {
        var template = Array("/tmp/telegen-pins-XXXXXX".utf8CString)
        root = mkdtemp(&template).map { String(cString: $0) } ?? ""
    }

    deinit {
        for folder in ["links", "0/links", "0", "1/links", "1", ""] { rmdir("\(root)/telegen-sonic/\(folder)") }
        rmdir(root)
    }

    private func open(_ namespaceID: String? = nil) throws -> PinFolder {
        try PinFolder(bpffs: root, namespaceID: namespaceID) { (_) throws(KernelError) in }
    }

    @Test("two agents are kept apart by NAMESPACE_ID only")
    func lock() throws {
        let one = try open()
        let other = try open("0")
        #expect(throws: KernelError.self) { try open() }
        #expect(throws: KernelError.self) { try open("0") }
        #expect(one.path + "/0" == other.path)
    }

    @Test(
        "a NAMESPACE_ID that is the name of a pin is refused",
        arguments: ["links", "taps", "stats_percpu", "if_stats_percpu", "a/b"])
    func reserved(id: String) throws {
        let error = #expect(throws: KernelError.self) { try open(id) }
        #expect(error?.code == EINVAL)
        #expect(error?.description.contains("NAMESPACE_ID \"\(id)\"") == true)
    }

    @Test("what was removed is made again, and locked", arguments: [nil, "1"])
    func restored(id: String?) throws {
        let folder = try open(id)
        #expect(try !folder.restore())
        rmdir(folder.path + "/links")
        #expect(try folder.restore())
        #expect(access(folder.path + "/links", F_OK) == 0)
        for inner in ["/links", "/details", ""] { rmdir(folder.path + inner) }
        #expect(try folder.restore())
        #expect(try !folder.restore())
        #expect(access(folder.linkPin("."), F_OK) == 0)
        #expect(throws: KernelError.self) { try open(id) }
    }

    @Test("a folder that somebody else made and locked meanwhile is not touched")
    func taken() throws {
        let folder = try open()
        for inner in ["/links", "/details", ""] { rmdir(folder.path + inner) }
        let other = try open()
        let error = #expect(throws: KernelError.self) { try folder.restore() }
        #expect(error?.code == EWOULDBLOCK)
        #expect(error?.description.contains("another telegen-sonic runs here") == true)
        #expect(access(folder.links, F_OK) != 0)
        #expect(access(other.links, F_OK) == 0)
    }
}
