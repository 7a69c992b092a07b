import FoundationEssentials
import TestSupport
import Testing

@testable import HTTPAPI

@Suite("The file of tokens")
struct TokensTests {
    @Test("that is away is told once, however many ask, and read when it is there")
    func away() throws {
        let path = FileManager.default.temporaryDirectory.path + "/telegen-tokens-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let lines = LogLines()
        let tokens = Tokens(path: path, logger: lines.logger)
        for _ in 0..<100 { #expect(tokens.role("Bearer secret") == nil) }
        #expect(lines.lines.count == 1 && lines.lines[0].contains("nobody can use the HTTP API"))
        try "operator \(Tokens.hash(of: "secret"))\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(tokens.role("Bearer secret") == .operator)
        #expect(lines.lines.count == 2)
        try FileManager.default.removeItem(atPath: path)
        for _ in 0..<100 { #expect(tokens.role("Bearer secret") == nil) }
        #expect(lines.lines.count == 3)
    }
}
