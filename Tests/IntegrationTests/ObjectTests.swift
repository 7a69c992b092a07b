import Foundation
import Testing

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

    @Test("a file that is no BTF fails the job, with what libbpf says of it")
    func garbage() async throws {
        try await withObject { folder, object in
            let btf = folder + "/garbage.btf"
            try Data("no BTF".utf8).write(to: URL(fileURLWithPath: btf))
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

    @Test("files that are not there end the start with a message", arguments: ["TELEGEN_BPF_OBJECT", "TELEGEN_BTF"])
    func absent(variable: String) async throws {
        try await AgentUnderTest.run { agent in
            let code = try await agent.command(["run"], environment: [variable: "/nowhere"]).code
            #expect(code == 1 && agent.log.contains("cannot read \(variable) /nowhere"))
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
