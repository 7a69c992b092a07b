import FoundationEssentials
import Glibc
import Testing

@testable import Agent

@Suite("How check looks")
struct LookTests {
    @Test("what is there in time is given, and what is not is left behind")
    func patience() async {
        #expect(await Patience.wait(.seconds(60)) { 1 } == 1)
        #expect(await Patience.blocking(.seconds(60)) { 2 } == 2)
        #expect(await Patience.blocking(.seconds(60)) { Int?.none } == .some(nil))
        #expect(await Patience.wait(.zero) { try? await Task.sleep(for: .seconds(3600)) } == nil)
        var pipe: [Int32] = [0, 0]
        #expect(Glibc.pipe(&pipe) == 0)
        let hanging = pipe[0]
        #expect(
            await Patience.blocking(.milliseconds(1)) {
                var byte: UInt8 = 0
                return read(hanging, &byte, 1)
            } == nil)
        close(pipe[1])
    }

    @Test("a folder that is to be made takes files where the nearest one above it does")
    func folders() throws {
        try withFolder { folder in
            #expect(FolderAccess.obstacle(toWritingIn: folder) == nil)
            #expect(FolderAccess.obstacle(toWritingIn: folder + "/a/b/c") == nil)
            #expect(FileManager.default.createFile(atPath: folder + "/file", contents: nil))
            for path in [folder + "/file", folder + "/file/a"] {
                #expect(FolderAccess.obstacle(toWritingIn: path)?.contains("Not a directory") == true)
            }
        }
    }

    @Test("a socket tells whether somebody listens, and whether somebody could")
    func sockets() throws {
        try withFolder { folder in
            let unix = SocketAddress(path: folder + "/s")
            #expect(unix.obstacle(toConnectingWithin: .seconds(1)) == ENOENT)
            let tcp = try #require(SocketAddress.resolve("127.0.0.1", port: 0).first)
            #expect(tcp.obstacleToListening() == nil)
            let (listener, port) = try listener()
            defer { close(listener) }
            let taken = try #require(SocketAddress.resolve("127.0.0.1", port: port).first)
            #expect(taken.obstacle(toConnectingWithin: .seconds(60)) == nil)
            #expect(taken.obstacleToListening() == EADDRINUSE)
            let far = try #require(SocketAddress.resolve("192.0.2.1", port: port).first)
            #expect(far.obstacleToListening() == EADDRNOTAVAIL)
        }
    }

    /// On a port of the kernel's choice.
    private func listener() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listen(descriptor, 4) == 0)
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        try #require(result == 0)
        return (descriptor, Int(address.sin_port.bigEndian))
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/telegen-look-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
