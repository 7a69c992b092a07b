import Traffic

extension Report {
    /// For people: totals, then a row per size bucket and a column per class.
    func text() -> String {
        let rate = seconds > 0 ? Int(Double(tally.frames) / seconds) : 0
        let summary = "Sent \(tally.frames) frames through \(interface) in \(rounded(seconds)) s (\(rate)/s), which are"
        let totals = "\(tally.packets) packets and \(tally.bytes) bytes on the wire, \(tally.malformed) malformed."
        let rows = [row("", \.key), row("packets", \.packets), row("bytes", \.bytes)] + sizeRows()
        return ([summary, totals, ""] + rows + lossRows()).joined(separator: "\n")
    }

    private struct Column {
        let key: String
        let counted: Tally.ClassTally
        var packets: String { "\(counted.packets)" }
        var bytes: String { "\(counted.bytes)" }
    }

    private var columns: [Column] {
        ExpectedCount.PacketClass.allCases.map { Column(key: "\($0)", counted: tally[$0]) }
    }

    private func row(_ title: String, _ cell: (Column) -> String) -> String {
        title.padded(10) + columns.map { cell($0).padded(14, left: true) }.joined()
    }

    private func sizeRows() -> [String] {
        let titles = Tally.sizeBounds.map { "<= \($0)" } + ["more"]
        return titles.enumerated().map { index, title in row(title) { "\($0.counted.sizes[index])" } }
    }

    private func lossRows() -> [String] {
        drops == DeviceDrops()
            ? [] : ["", "\(interface) dropped: \(drops.txDropped) sent, \(drops.txErrors) with errors"]
    }

    private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
