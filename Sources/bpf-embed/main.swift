// bpf-embed NAME SOURCE OUTPUT CLANG [FLAGS...]
//
// Compiles a BPF program and writes the object as a Swift constant, in hex: a string literal of any length compiles
// at once, an array literal of 100 kB takes minutes. One command does both so that the object is no declared output;
// SwiftPM would bundle that as a resource.
import Foundation

func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { exit(process.terminationStatus) }
}

let arguments = CommandLine.arguments
let (name, source, output, clang) = (arguments[1], arguments[2], arguments[3], arguments[4])
let object = output + ".o"
try run(clang, arguments[5...] + ["-c", source, "-o", object])

// DWARF goes; BTF, which the map definitions need, stays.
let objcopy = URL(fileURLWithPath: clang).deletingLastPathComponent().appending(path: "llvm-objcopy").path
try run(objcopy, ["--strip-debug", object])

let bytes = try Data(contentsOf: URL(fileURLWithPath: object))
let digits = Array("0123456789abcdef".utf8)
let hex = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
try """
// Generated from \(URL(fileURLWithPath: source).lastPathComponent). Do not edit.
extension BPFImage {
    /// The \(bytes.count) bytes of \(name).bpf.o.
    public static let \(name) = BPFImage(name: "\(name)", hex: "\(hex)")
}

""".write(toFile: output, atomically: true, encoding: .utf8)
