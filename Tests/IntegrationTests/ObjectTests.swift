import Domain
import Foundation
import Testing

@testable import Dataplane

@Suite(
    "Objects of somebody's own (TELEGEN_BPF_OBJECT, TELEGEN_BTF)",
    .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct ObjectTests {
    private static let kernelBTF = "/sys/kernel/btf/vmlinux"

    @Test(
        "a relocation is resolved by the BTF file that TELEGEN_BTF names",
        .enabled(if: FileManager.default.fileExists(atPath: kernelBTF), "needs a kernel with BTF, to take a copy of"))
    func relocation() async throws {
        try await withObject { folder, object in
            let btf = folder + "/kernel.btf"
            try FileManager.default.copyItem(atPath: Self.kernelBTF, toPath: btf)
            try await AgentUnderTest.run(["TELEGEN_BPF_OBJECT": object, "TELEGEN_BTF": btf]) { agent in
                try await agent.write("a", ["port": "Ethernet0"])
                try await agent.wait("a", is: "running")
                _ = try await agent.send(100)
                try await agent.wait("a", hasCounted: 100)
                // Where the member is differs between kernels; it is not the first one of any.
                #expect(try await agent.statistics("a", "ingress")["parse_errors"].flatMap { Int($0) } ?? 0 >= 8)
            }
        }
    }

    @Test("a file that only begins as BTF fails the job, with what libbpf says of it")
    func garbage() async throws {
        try await withObject { folder, object in
            let btf = folder + "/garbage.btf"
            try Data([0x9f, 0xeb] + "no more of it".utf8).write(to: URL(fileURLWithPath: btf))
            try await AgentUnderTest.run(["TELEGEN_BPF_OBJECT": object, "TELEGEN_BTF": btf]) { agent in
                try await agent.write("a", ["port": "Ethernet0"])
                let reason = try await agent.wait("a", is: "failed")["reason"]
                #expect(reason?.contains("load program telegen_l2") == true)
            }
        }
    }

    @Test("an object without the program that a job needs fails that job alone and names the program")
    func lacking() async throws {
        try await withObject { folder, object in
            try await AgentUnderTest.run(["TELEGEN_BPF_OBJECT": object]) { agent in
                try await agent.write("q", ["port": "Ethernet0", "detail@": "qos"])
                let reason = try await agent.wait("q", is: "failed")["reason"]
                #expect(reason?.contains("find program telegen_t_q in the BPF object") == true)
            }
        }
    }

    @Test(
        "files of another kind, or none, end the start with a message that names the file and the remedy",
        arguments: ["TELEGEN_BPF_OBJECT", "TELEGEN_BTF"])
    func wrongFiles(variable: String) async throws {
        try await AgentUnderTest.run { agent in
            for (name, content) in [("empty", ""), ("text", "neither ELF nor BTF")] {
                try Data(content.utf8).write(to: URL(fileURLWithPath: agent.folder + "/" + name))
            }
            try #require(mkfifo(agent.folder + "/fifo", 0o600) == 0)
            let kind = variable == "TELEGEN_BTF" ? "is no BTF" : "is no ELF object"
            let cases = [
                ("empty", kind), ("text", kind), ("fifo", "it is no file"), ("", "it is no file"),
                ("absent", "No such file"),
            ]
            for (name, message) in cases {
                let path = agent.folder + "/" + name
                let before = agent.log.count
                let code = try await agent.command(["run"], environment: [variable: path]).code
                let log = agent.log.dropFirst(before)
                #expect(code == 1 && log.contains("\(variable) \(path)") && log.contains(message))
            }
        }
    }

    @Test("a program that cannot be loaded leaves the flow table of the one before")
    func failedChange() async throws {
        try await AgentUnderTest.run { agent in
            let folder = agent.folder + "/own-bpf"
            var measurement = Measurement()
            (measurement.detail, measurement.topFlows) = ([.flows], 16)
            func tailoring() -> Tailoring {
                Tailoring(
                    tap: TapID("a", .ingress), slot: 0, layer: .ethernet, measurement: measurement, seed: 1,
                    continuesFlows: true)
            }
            func cells(_ object: [UInt8]?) throws -> Int? {
                let kernel = try LinuxKernel(
                    pins: PinFolder(bpffs: folder, namespaceID: nil), slots: 8, object: object)
                if (try? kernel.load(tailoring())) != nil {
                    try kernel.settleFlows(of: TapID("a", .ingress), wanted: true, now: .now)
                }
                return try kernel.details(of: TapID("a", .ingress), [.flows]).flows.map { $0.cells.count / $0.cpus }
            }
            #expect(try cells(nil) == 1024)
            measurement.topFlows = 1024
            #expect(try cells([UInt8]("no object".utf8)) == 1024)
            #expect(try cells(nil) == 8192)
            let kernel = try LinuxKernel(pins: PinFolder(bpffs: folder, namespaceID: nil), slots: 8)
            try kernel.settleFlows(of: TapID("a", .ingress), wanted: false, now: .now)
            #expect(try kernel.details(of: TapID("a", .ingress), [.flows]).flows == nil)
            _ = try await output(of: ["umount", "-l", folder])
        }
    }

    /// Compiles the object into a temporary folder, as the package's plugin compiles the product's.
    private func withObject(_ body: (_ folder: String, _ object: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/telegen-object-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent().path
        let object = folder + "/relocated.o"
        let compile = """
            "$(dirname "$(readlink -f "$(command -v swift)")")/clang" -target bpf -mcpu=v3 -O2 -g -I "$1/bpf/include" \
              -isystem "$1/bpf/shim" -c "$2" -o "$3"
            """
        let source = tests.path + "/Objects/relocated.bpf.c"
        _ = try await output(of: ["sh", "-c", compile, "sh", root, source, object])
        try await body(folder, object)
    }
}
