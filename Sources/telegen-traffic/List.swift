import ArgumentParser
import Traffic

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the kinds of frames and what each counts as.")

    func run() {
        Output.print(Self.row("KIND", "CLASS", "PACKETS", "BYTES", "MTU", ""))
        for frame in Corpus.frames {
            let lengths = frame.expectation.wireLengths
            Output.print(
                Self.row(
                    frame.name, "\(frame.expectation.packetClass)", "\(lengths.count)", "\(lengths.reduce(0, +))",
                    "\(frame.minimumMTU)", Self.remark(frame)))
        }
    }

    private static func remark(_ frame: Frame) -> String {
        let remarks = [
            frame.expectation.isMalformed ? "malformed" : nil,
            frame.reachesPeer ? nil : "egress only",
        ]
        return remarks.compactMap { $0 }.joined(separator: ", ")
    }

    private static func row(
        _ name: String, _ packetClass: String, _ packets: String, _ bytes: String, _ mtu: String, _ remark: String
    ) -> String {
        name.padded(34) + packetClass.padded(7) + packets.padded(7, left: true) + bytes.padded(9, left: true)
            + mtu.padded(7, left: true) + (remark.isEmpty ? "" : "  " + remark)
    }
}

extension String {
    /// Filled up with spaces to `width`, on its right unless `left`.
    func padded(_ width: Int, left: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - count))
        return left ? space + self : self + space
    }
}
