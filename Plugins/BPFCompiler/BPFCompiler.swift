import Foundation
import PackagePlugin

/// Compiles every `*.bpf.c` beside the target's own sources and embeds the objects as Swift constants.
///
/// Uses the toolchain's own clang, which has the bpf back end, and libbpf's headers. No path names an architecture:
/// `bpf/shim` supplies the one header (`asm/types.h`) that Debian keeps in an architecture's folder.
@main
struct BPFCompiler: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let directory = target.directoryURL
        let shared = context.package.directoryURL.appending(path: "bpf")
        let include = shared.appending(path: "include")
        let shim = shared.appending(path: "shim")
        let headers = try files(in: include, ending: ".h") + files(in: directory, ending: ".h")
        let clang = try context.tool(named: "clang").url
        let embed = try context.tool(named: "bpf-embed").url
        return try files(in: directory, ending: ".bpf.c").map { source in
            let name = String(source.lastPathComponent.dropLast(".bpf.c".count))
            let output = context.pluginWorkDirectoryURL.appending(path: "\(name).bpf.swift")
            let flags = [
                "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Wextra", "-Werror",
                "-I", include.path, "-I", directory.path, "-isystem", shim.path,
            ]
            return .buildCommand(
                displayName: "Compiling \(source.lastPathComponent)",
                executable: embed,
                arguments: [name, source.path, output.path, clang.path] + flags,
                inputFiles: [source] + headers,
                outputFiles: [output])
        }
    }

    private func files(in directory: URL, ending suffix: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(suffix) }
            .sorted { $0.path < $1.path }
    }
}
