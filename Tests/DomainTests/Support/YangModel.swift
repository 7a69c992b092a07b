import Foundation
import Testing

/// `yang/sonic-telegen.yang`, read.
struct YangModel {
    let module: YangStatement

    init() throws {
        let repository = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
        let text = try String(contentsOf: repository.appending(path: "yang/sonic-telegen.yang"), encoding: .utf8)
        module = try #require(YangStatement(module: text))
    }

    /// Leaves and leaf-lists of the rows of `TELEGEN_JOB`, the key too.
    var jobLeaves: [YangStatement] {
        get throws {
            try #require(table("TELEGEN_JOB").child("list", "TELEGEN_JOB_LIST")).all("leaf", "leaf-list")
        }
    }

    /// Leaves of `TELEGEN|global`.
    var globalLeaves: [YangStatement] {
        get throws { try #require(table("TELEGEN").child("container", "global")).all("leaf", "leaf-list") }
    }

    func typedef(_ name: String) -> YangStatement? { module.child("typedef", name) }

    private func table(_ name: String) throws -> YangStatement {
        try #require(module.child("container", "sonic-telegen")?.child("container", name))
    }

    /// Whether the patterns and lengths of a string type let `text` through.
    func accepts(_ text: String, _ type: YangStatement) throws -> Bool {
        let base = typedef(type.argument)?.all("type").first
        if let base, try !accepts(text, base) { return false }
        for range in type.all("length") where !range.bounds.contains(text.unicodeScalars.count) { return false }
        for pattern in type.all("pattern") {
            let regex = try Regex(pattern.argument).matchingSemantics(.unicodeScalar)
            let inverted = pattern.value("modifier") == "invert-match"
            if (text.wholeMatch(of: regex) != nil) == inverted { return false }
        }
        return true
    }
}

extension YangStatement {
    /// The bounds of a `range` or `length`.
    var bounds: ClosedRange<Int> {
        let ends = argument.split(separator: "..").compactMap { Int($0) }
        return ends[0]...ends[ends.count - 1]
    }
}
